"""desks.yaml, its channels: one form a kind, and what a desk's channel is made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from alerts.desks import Channel, Option
from streams.city.durations import MINUTE, Duration
from streams.city.schema import Code, Form, Switch, Text, Whole, matching

FileName = Annotated[Text, AfterValidator(matching(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", "file-name"))]
WebAddress = Annotated[Text, AfterValidator(matching(r"https?://[^\s/@?#][^\s@]*", "web-address"))]
SecretName = Annotated[Text, AfterValidator(matching(r"[a-z][a-z0-9_]{0,63}", "secret-name"))]
HostName = Annotated[
    Text,
    AfterValidator(matching(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:]{2,39}", "host-name")),
]
Mailbox = Annotated[
    Text, AfterValidator(matching(r"[A-Za-z0-9!#$%&'*+/=?^_{|}~.-]{1,64}@[A-Za-z0-9.-]{1,190}", "mailbox"))
]
Account = Annotated[Text, AfterValidator(matching(r"[!-~]{1,200}", "account"))]

LONGEST_STANDBY: Final = 30 * MINUTE
PRIVATE: Final = "Whether loopback and private addresses may be called."


class ChannelBlock(Form):
    language: Text | None = Field(default=None, description="Language of its texts; default: the city's first.")
    standby: Duration | None = Field(
        default=None,
        description="It is told only what the channel before it was not heard to say after so long, at most 30m.",
    )
    untaken: dict[Code, Duration] = Field(
        default={},
        description="Colour -> time: it is told only of alerts of such colours that nobody has taken after so long.",
    )


class ConsoleForm(ChannelBlock):
    kind: Literal["console"]


class JsonLinesForm(ChannelBlock):
    kind: Literal["jsonlines"]
    path: FileName = Field(default="alerts.jsonl", description="A file name in the runtime's data folder.")


class WebhookForm(ChannelBlock):
    kind: Literal["webhook"]
    url: WebAddress = Field(description="https, or http where `private`.")
    secret: SecretName | None = Field(default=None, description="Name of the secret that signs; never its value.")
    private: Switch = Field(default=False, description=PRIVATE)


class AlertmanagerForm(ChannelBlock):
    kind: Literal["alertmanager"]
    url: WebAddress = Field(description="Up to before /api/v2; https, or http where `private`.")
    secret: SecretName | None = Field(default=None, description="Name of the secret that is its bearer token.")
    private: Switch = Field(default=False, description=PRIVATE)


class EmailForm(ChannelBlock):
    kind: Literal["email"]
    host: HostName = Field(description="The SMTP server.")
    port: Annotated[Whole, Field(ge=1, le=65535)] = Field(default=587, description="Its port.")
    tls: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="`tls`: from the first byte (port 465); `none`: where `private` alone."
    )
    sender: Mailbox = Field(description="The mailbox that it comes from.")
    to: list[Mailbox] = Field(min_length=1, max_length=20, description="Mailboxes of duty desks, never of a person.")
    user: Account | None = Field(default=None, description="Account at the server; default: no login.")
    secret: SecretName | None = Field(default=None, description="Name of the secret that is the password.")
    private: Switch = Field(default=False, description=PRIVATE)


class RobotForm(ChannelBlock):
    hook: SecretName = Field(description="Name of the secret that is the robot's whole address, its token included.")
    private: Switch = Field(default=False, description=PRIVATE)


class DingTalkForm(RobotForm):
    kind: Literal["dingtalk"]
    secret: SecretName | None = Field(default=None, description="Name of the secret that signs (加签, SEC...).")


class WeComForm(RobotForm):
    kind: Literal["wecom"]


class FeishuForm(RobotForm):
    kind: Literal["feishu"]
    secret: SecretName | None = Field(default=None, description="Name of the secret that signs (签名校验).")


def _by_kind(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


AnyForm = (
    ConsoleForm | JsonLinesForm | WebhookForm | EmailForm | DingTalkForm | WeComForm | FeishuForm | AlertmanagerForm
)
ChannelForm = Annotated[Annotated[AnyForm, Field(discriminator="kind")], BeforeValidator(_by_kind)]

_NO_OPTION: Final = frozenset({"kind", "language", "standby", "untaken"})


def channels_of(desk: str, forms: Sequence[AnyForm], language_of_city: str) -> Iterator[Channel]:
    """The channels of a desk, in its order; each named after the desk and its kind, the second of a kind `-2`."""
    seen: Counter[str] = Counter()
    for form in forms:
        seen[form.kind] += 1
        number = f"-{seen[form.kind]}" if seen[form.kind] > 1 else ""
        name = f"{desk}-{form.kind}{number}"
        language = form.language or language_of_city
        yield Channel(name, form.kind, language, _options(form), form.standby or 0, dict(form.untaken))


def _options(form: AnyForm) -> dict[str, Option]:
    said = ((key, getattr(form, key)) for key in type(form).model_fields if key not in _NO_OPTION)
    return {key: _option(value) for key, value in said}


def _option(value: Any) -> Option:
    """As the desk's room reads it: a list as tuple, nothing as empty text."""
    if isinstance(value, list):
        return tuple(value)
    option: Option = "" if value is None else value
    return option
