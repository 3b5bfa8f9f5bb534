"""From the environment to settings: all that is wrong is told at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from r3mes_api.adapter_choice.topics import TopicsFileError, load_topics
from r3mes_api.addresses import looks_like_placeholder, production_problems
from r3mes_api.setting_kinds import InferenceMode, NodeAuth, Profile, StakePolicy, Switch
from r3mes_api.settings import Settings

ENVIRONMENT_PREFIX = "R3MES_"


class SettingProblem(BaseModel):
    """One variable that is wrong or missing."""

    model_config = ConfigDict(frozen=True)

    name: str
    problem: str
    allowed: str
    example: str

    def sentence(self) -> str:
        return f"{self.name}: {self.problem}. Allowed: {self.allowed}. Example: {self.name}={self.example}"


class SettingsError(Exception):
    """The environment can't be used; `problems` names all that is wrong, not only the first."""

    def __init__(self, problems: list[SettingProblem]) -> None:
        count = "1 setting" if len(problems) == 1 else f"{len(problems)} settings"
        super().__init__(
            f"The gateway can't start: {count} must be changed.\n" + "\n".join(f"  {p.sentence()}" for p in problems)
        )
        self.problems = problems


class EnvironmentSource(PydanticBaseSettingsSource):
    """Reads a mapping like `os.environ`. A variable that is empty or blank counts as not set."""

    def __init__(self, settings_cls: type[BaseSettings], environ: Mapping[str, str]) -> None:
        super().__init__(settings_cls)
        self._environ = environ

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[str | None, str, bool]:
        return self._environ.get(variable_name(field_name), "").strip() or None, field_name, False

    def __call__(self) -> dict[str, str]:
        found = ((name, self.get_field_value(field, name)[0]) for name, field in Settings.model_fields.items())
        return {name: value for name, value in found if value is not None}


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Raises SettingsError with every problem at once."""
    given = EnvironmentSource(Settings, environ)()
    problems: list[SettingProblem] = []
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        wrong = {str(detail["loc"][0]): detail["msg"] for detail in error.errors(include_url=False)}
        problems += [_problem(field, given[field], message) for field, message in wrong.items()]
        # What is readable is still checked as a whole, so that one start shows all there is to repair.
        settings = Settings.model_validate({field: value for field, value in given.items() if field not in wrong})
    problems += _contradictions(settings, {problem.name for problem in problems})
    if problems:
        raise SettingsError(problems)
    return settings


def check_files(settings: Settings) -> None:
    """Looks into the files that the settings name, which `load_settings` does not. Raises SettingsError."""
    if settings.adapter_topics is not None:
        try:
            load_topics(settings.adapter_topics)
        except TopicsFileError as error:
            raise SettingsError([_problem("adapter_topics", str(settings.adapter_topics), str(error))]) from None


def variable_name(field: str) -> str:
    return _extra(field)["variable"] or ENVIRONMENT_PREFIX + field.upper()


def _extra(field: str) -> dict[str, Any]:
    extra = Settings.model_fields[field].json_schema_extra
    assert isinstance(extra, dict)
    return extra


def _shown(value: str) -> str:
    shown = "".join(character if character.isprintable() else "?" for character in value[:60])
    return f"“{shown}…”" if len(value) > 60 else f"“{shown}”"


def _problem(field: str, value: str, message: str) -> SettingProblem:
    text = message.removeprefix("Value error, ").rstrip(".")
    shown = "the value (not shown)" if _extra(field)["secret"] else _shown(value)
    return _described(field, f"{shown} can't be used ({text[:1].lower()}{text[1:]})")


def _described(field: str, problem: str) -> SettingProblem:
    extra = _extra(field)
    return SettingProblem(
        name=variable_name(field), problem=problem, allowed=str(extra["allowed"]), example=str(extra["example"])
    )


def _contradictions(settings: Settings, already: set[str]) -> list[SettingProblem]:
    """What is wrong between settings. A variable that is reported already is not reported again."""
    found: list[SettingProblem] = []

    def report(field: str, problem: str) -> None:
        if variable_name(field) not in already:
            found.append(_described(field, problem))

    if settings.accounts is Switch.ON and settings.data_folder is None:
        report("data_folder", "is missing; accounts need a place for the gateway's key")
    if settings.replica_url is not None:
        if settings.redis_url is None:
            report("redis_url", "is missing; replicas find one another there")
        if settings.replica_secret is None:
            report("replica_secret", "is missing; without it anybody could take a replica's place")
    if settings.stake_policy is not StakePolicy.OFF:
        if not settings.chain_urls:
            report("chain_urls", f"is missing; R3MES_STAKE_POLICY={settings.stake_policy.value} asks the chain")
        if settings.node_auth is NodeAuth.OPEN:
            report("stake_policy", "needs R3MES_NODE_AUTH=grant: a node without a grant has no owner")
        if settings.stake_stale_s < settings.stake_fresh_s:
            report("stake_stale_s", "is shorter than R3MES_STAKE_FRESH_S")
    if settings.profile is Profile.PRODUCTION:
        if settings.replica_secret is not None and looks_like_placeholder(settings.replica_secret):
            report("replica_secret", "looks like a placeholder; make one with `openssl rand -hex 32`")
        if settings.node_auth is NodeAuth.OPEN:
            report("node_auth", "“open” lets anybody's node read users' prompts and is refused in production")
        if settings.devnet:
            report("devnet", "an emulated chain would pass off worthless coins as stakes; it is refused in production")
        signs = settings.inference_mode is InferenceMode.REMOTE or settings.accounts is Switch.ON
        if signs and settings.public_url is None:
            report("public_url", "is missing; production needs it, or a relay could pass off its address as yours")
        for field, problem in production_problems(
            settings.cors_allowed_origins, settings.database_url, settings.redis_url
        ):
            report(field, problem)
    return found
