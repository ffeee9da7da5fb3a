"""What a command asks a person for in the terminal; where nobody is there to ask, it says how to give that."""

import sys
from typing import Any

import typer
from typer.core import TyperCommand, TyperOption

from blocks.errors import InputError


class Prompting(TyperCommand):
    """A command that prompts for options. Without a terminal it names every option that is missing and prompts for none."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        given, _, _ = self.make_parser(ctx).parse_args(list(args))
        missing = [
            one for one in self.params
            if isinstance(one, TyperOption) and (one.prompt or one.required) and one.name not in given
            and not one.resolve_envvar_value(ctx)
        ]  # fmt: skip
        if any(one.prompt for one in missing) and not _terminal() and "help" not in given:
            raise nobody_to_ask(", ".join(one.opts[0] for one in missing), ", ".join(map(_way, missing)))
        return super().parse_args(ctx, args)


def prompt(question: str, option: str) -> str:
    """What a person types. Raises InputError without a terminal."""
    if not _terminal():
        raise nobody_to_ask(option, f"{option} ...")
    return str(typer.prompt(question))


def _terminal() -> bool:
    """Whether somebody can type; there is no input at all where it was closed."""
    return sys.stdin is not None and sys.stdin.isatty()


def nobody_to_ask(missing: str, ways: str) -> InputError:
    return InputError(
        f"There is no terminal to ask for {missing}.",
        means="nothing was entered.",
        do=f"give what is missing: {ways}",
    )


def _way(option: TyperOption) -> str:
    said = f"{option.opts[0]} {str(option.name).upper()}"
    # Others on the machine see what stands on a command line, so a password's variable comes first.
    return f"{option.envvar} in the environment or {said}" if option.envvar else said
