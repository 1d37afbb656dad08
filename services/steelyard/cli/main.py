"""The program `steelyard`. Each command's module is imported when the command is run: most need little of the rest."""

from importlib import import_module

import click

from steelyard import __version__

MODULES = {
    "steelyard.cli.service": ("up", "api", "worker", "migrate", "check"),
    "steelyard.cli.client": (
        "train",
        "jobs",
        "show",
        "diagnose",
        "cancel",
        "predict",
        "weights",
        "diagnostics",
        "export",
        "import",
        "trace",
        "mend",
        "diff",
    ),
}


class Commands(click.Group):
    """The commands of `MODULES`, in its order."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click gives it
        """Their names."""
        return [name for names in MODULES.values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command with this name."""
        for module, names in MODULES.items():
            if cmd_name in names:
                return _load(module, cmd_name)
        return None


def _load(module: str, name: str) -> click.Command:
    """The command. Without the extra `service`, those that run the service say what is missing."""
    try:
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
