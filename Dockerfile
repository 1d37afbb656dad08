# Two images: `proxy`, one address in front of any number of APIs; and, last, the one for the API, the worker and the
# migrations: the command says which.
FROM python:3.11-slim-bookworm AS proxy
RUN apt-get update \
 && apt-get install --yes --no-install-recommends haproxy \
 && rm -rf /var/lib/apt/lists/* /var/log/*
COPY services/container/haproxy.cfg /etc/haproxy/haproxy.cfg
USER haproxy
EXPOSE 8000
CMD ["haproxy", "-W", "-db", "-f", "/etc/haproxy/haproxy.cfg"]

# What the code needs. It changes with requirements.lock alone, and is a layer of its own.
FROM python:3.11-slim-bookworm AS dependencies
RUN apt-get update && apt-get install --yes --no-install-recommends binutils
RUN python3 -m venv --without-pip /opt/steelyard
COPY requirements.lock services/container/slim.sh /build/
RUN python3 -m pip --python /opt/steelyard/bin/python install --no-cache-dir --no-compile --no-deps --require-hashes \
      -r /build/requirements.lock \
 && sh /build/slim.sh /opt/steelyard/lib/python3.11/site-packages \
 && /opt/steelyard/bin/python -m compileall -q -j 0 -x 'lexers|styles|prompt_toolkit|wcwidth|numba/cuda|sqlalchemy/testing' \
      /opt/steelyard/lib

# The code, and the trainer's kernels. A processor of another kind compiles those that it needs again, in /tmp.
FROM dependencies AS code
WORKDIR /build
COPY pyproject.toml README.md LICENSE ./
COPY services services
COPY worker worker
COPY migrations migrations
RUN python3 -m pip --python /opt/steelyard/bin/python install --no-cache-dir --no-deps --no-build-isolation . \
 && mkdir -p /code/bin /code/lib/python3.11/site-packages \
 && cp -a /opt/steelyard/bin/steelyard /code/bin/ \
 && cp -a /opt/steelyard/lib/python3.11/site-packages/steelyard* /code/lib/python3.11/site-packages/ \
 && PYTHONPATH=/code/lib/python3.11/site-packages /opt/steelyard/bin/python -P -m steelyard.nn.precompile

# Python without what builds, documents and translates.
FROM python:3.11-slim-bookworm AS python
RUN rm -rf $(python3 -c 'import sysconfig, sys; print(*{p for p in sys.path if p.endswith("-packages")})') \
      /var/lib/apt/lists/* /var/cache/* /var/log/* /usr/share/doc /usr/share/man /usr/share/locale \
 && useradd --system --uid 10001 --home-dir /nonexistent steelyard

FROM scratch
COPY --from=python / /
COPY --from=dependencies /opt/steelyard /opt/steelyard
COPY --from=code /code /opt/steelyard
COPY services/container/healthy /usr/local/bin/healthy
ENV PATH=/opt/steelyard/bin:/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER steelyard
EXPOSE 8000
CMD ["steelyard", "api"]
