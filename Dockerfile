# One image for the API, the worker and the migrations: the command says which.
FROM python:3.11-slim-bookworm AS build
WORKDIR /build
RUN python3 -m venv /opt/steelyard
COPY requirements.lock .
RUN /opt/steelyard/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY services services
COPY worker worker
COPY migrations migrations
RUN /opt/steelyard/bin/pip install --no-cache-dir --no-deps --no-build-isolation .
# The trainer's kernels; a processor of another kind makes those that it needs anew, in /tmp.
RUN cd / && /opt/steelyard/bin/python -m steelyard.trainer.warm

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /nonexistent steelyard
COPY --from=build /opt/steelyard /opt/steelyard
ENV PATH=/opt/steelyard/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER steelyard
EXPOSE 8000
CMD ["steelyard", "api"]
