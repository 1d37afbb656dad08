"""The program `steelyard`. Each command's module is imported when the command is run: most need little of the rest."""

from importlib import import_module

import click

from steelyard import __version__
from steelyard.loading import loading

SERVICE, CLIENT = "steelyard.cli.service", "steelyard.cli.client"
# What each command does is written here too, because `steelyard --help` imports none of them.
COMMANDS: dict[str, dict[str, str]] = {
    SERVICE: {
        "up": "Run the whole service on this machine.",
        "api": "Serve the HTTP API.",
        "worker": "Run a worker that trains queued jobs.",
        "migrate": "Migrate the database to the newest schema.",
        "check": "Check each part, and show how to fix it.",
    },
    CLIENT: {
        "train": "Train the network of a job in a .json or .yaml file.",
        "jobs": "List the newest jobs.",
        "show": "Show a job's loss curve, metrics, weights and findings.",
        "diagnose": "Show why a network learned badly, and what to change.",
        "mend": "Train a job with and without the changes, and compare.",
        "cancel": "Cancel a job.",
        "predict": "Predict for the rows of a file.",
        "weights": "Download a job's weights.",
        "diagnostics": "Show how weights, gradients and units changed.",
        "diff": "Compare the weights and predictions of two models.",
        "trace": "Show every number of a job's first training step.",
        "export": "Export a model to another runtime.",
        "import": "Make a model from a file of weights.",
    },
}
HEADINGS = {SERVICE: "Commands that run the service", CLIENT: "Commands that talk to a running service"}


class Commands(click.Group):
    """The commands of `COMMANDS`, in its order."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click gives it
        """Their names."""
        return [name for summaries in COMMANDS.values() for name in summaries]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command with this name."""
        for module, summaries in COMMANDS.items():
            if cmd_name in summaries:
                return _load(module, cmd_name)
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write what each does."""
        for module, summaries in COMMANDS.items():
            with formatter.section(HEADINGS[module]):
                formatter.write_dl([*summaries.items()])


def _load(module: str, name: str) -> click.Command:
    """The command. Without the extra `service`, those that run the service say what is missing."""
    try:
        with loading():
            command: click.Command = import_module(module).COMMANDS[name]
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"`steelyard {name}` needs {error.name}: install the service with pip install 'steelyard[service]'"
        ) from None
    return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="steelyard")
def main() -> None:
    """Train neural networks as a service: POST a job, fetch its weights."""


if __name__ == "__main__":
    main()
