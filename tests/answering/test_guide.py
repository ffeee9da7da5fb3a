"""The answer's form in words."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from tasks.answering.guide import field_guide


class Egg(BaseModel):
    colour: Literal["white", "speckled"] = Field(description="As seen from above.")
    grams: float = Field(gt=0, lt=90)


class Nest(BaseModel):
    place: str = Field(max_length=80, description="Where it is.")
    story: str = Field(min_length=100, max_length=400)
    note: str
    eggs: list[Egg] = Field(min_length=3, max_length=3)
    twigs: list[Annotated[str, Field(max_length=9)]] = Field(min_length=1)
    kinds: list[Literal["sea", "river"]] = Field(max_length=2)
    height: int = Field(ge=0, le=50)
    depth: int = Field(ge=1)
    wet: bool
    kind: Literal["nest"] = "nest"
    first: Egg | None = None


GUIDE = field_guide(Nest.model_json_schema())


def line(name: str, level: int = 0) -> str:
    start = f"{'  ' * level}- {name} "
    return next(each.removeprefix(start) for each in GUIDE.splitlines() if each.startswith(start))


def test_begins_with_what_is_wanted() -> None:
    assert GUIDE.splitlines()[0] == "Answer with one JSON object and nothing else. Its fields, all required:"


def test_each_field_has_its_type_limits_and_description() -> None:
    assert line("place") == "(text, at most 80 characters): Where it is."
    assert line("story") == "(text, 100 to 400 characters)"
    assert line("note") == "(text)"
    assert line("height") == "(whole number 0 to 50)"
    assert line("depth") == "(whole number at least 1)"
    assert line("wet") == "(boolean)"
    assert line("kind") == "(always nest)"


def test_lists_say_how_many_of_what() -> None:
    assert line("eggs") == "(list of exactly 3 objects)"
    assert line("twigs") == "(list of at least 1 texts)"
    assert line("kinds") == "(list of up to 2 of sea, river)"


def test_nested_fields_are_indented() -> None:
    assert line("colour", 1) == "(one of white, speckled): As seen from above."
    assert line("grams", 1) == "(number more than 0 and less than 90)"


def test_fields_of_an_optional_object_are_told_too() -> None:
    assert line("first") == "(object or null)"
    assert GUIDE.count("- colour ") == 2


class Branch(BaseModel):
    name: str
    branches: list["Branch"]


def test_a_form_that_holds_itself_comes_to_an_end() -> None:
    assert 2 < len(field_guide(Branch.model_json_schema()).splitlines()) < 40
