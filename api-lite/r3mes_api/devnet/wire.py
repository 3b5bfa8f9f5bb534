"""Protobuf's wire format by tables, as strict as a chain reads transactions: no unknown and no doubled fields.

Forms are tables of fields, not generated code: the gateway needs no protobuf library for them, and the launcher's
bytes are read by code that shares nothing with the code that wrote them.
"""

from __future__ import annotations

import base64
import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

Values: TypeAlias = dict[str, Any]
"""A decoded form: every field by name; absent ones are "", 0, b"", [] or, for forms, None."""

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
MAX_UINT64 = 2**64 - 1
MAX_SHOWN_DEPTH = 6
"""Of packed messages in packed messages; deeper ones are shown as bytes."""
_ZERO_TIME = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


class WireError(Exception):
    """These bytes are no such form."""


class Kind(Enum):
    TEXT = "text"
    BYTES = "bytes"
    UINT64 = "uint64"
    UINT32 = "uint32"
    INT64 = "int64"
    ENUM = "enum"
    FORM = "form"
    ANY = "any"
    """A packed message, left packed: `Packed`."""


@dataclass(frozen=True)
class Field:
    name: str
    kind: Kind = Kind.TEXT
    form: Form | None = None
    repeated: bool = False
    names: tuple[str, ...] = ()
    """Of an enum's numbers, from 0."""
    always: bool = False
    """Whether JSON shows an empty form for an absent one."""


@dataclass(frozen=True)
class Form:
    name: str
    fields: Mapping[int, Field]
    well_known: str = ""
    """`timestamp` or `duration`, which have their own JSON."""


@dataclass(frozen=True)
class Packed:
    type_url: str
    value: bytes


# Reading


def decode(form: Form, data: bytes) -> Values:
    """Raises WireError."""
    values: Values = {field.name: _absent(field) for field in form.fields.values()}
    seen: set[int] = set()
    for number, wire_type, raw in _read_fields(data):
        field = form.fields.get(number)
        if field is None:
            raise WireError(f"errUnknownField {form.name}: {{TagNum: {number}, WireType: {wire_type}}}")
        if field.repeated:
            values[field.name] += _items(field, wire_type, raw, form.name)
            continue
        if number in seen:
            raise WireError(f"{form.name}.{field.name} is given twice")
        seen.add(number)
        values[field.name] = _value(field, wire_type, raw, form.name)
    return values


def decode_packed(data: bytes) -> Packed:
    values = decode(_ANY, data)
    return Packed(values["type_url"], values["value"])


def _absent(field: Field) -> Any:
    if field.repeated:
        return []
    return {Kind.TEXT: "", Kind.BYTES: b"", Kind.FORM: None, Kind.ANY: None}.get(field.kind, 0)


def _items(field: Field, wire_type: int, raw: int | bytes, form: str) -> list[Any]:
    if field.kind in (Kind.ENUM, Kind.UINT64, Kind.UINT32) and wire_type == BYTES and isinstance(raw, bytes):
        # Packed numbers: how proto3 writes lists of them.
        numbers: list[Any] = []
        place = 0
        while place < len(raw):
            number, place = _read_varint(raw, place)
            numbers.append(_value(field, VARINT, number, form))
        return numbers
    return [_value(field, wire_type, raw, form)]


def _value(field: Field, wire_type: int, raw: int | bytes, form: str) -> Any:
    is_number = field.kind in (Kind.UINT64, Kind.UINT32, Kind.INT64, Kind.ENUM)
    if wire_type != (VARINT if is_number else BYTES):
        raise WireError(f"{form}.{field.name} has wire type {wire_type}")
    if isinstance(raw, int):
        if field.kind is Kind.INT64 and raw >= 2**63:
            return raw - 2**64
        if field.kind is Kind.UINT32 and raw >= 2**32:
            raise WireError(f"{form}.{field.name} is larger than 32 bits")
        return raw
    match field.kind:
        case Kind.TEXT:
            try:
                return raw.decode("utf-8")
            except UnicodeDecodeError:
                raise WireError(f"{form}.{field.name} is no text") from None
        case Kind.FORM:
            assert field.form is not None
            return decode(field.form, raw)
        case Kind.ANY:
            return decode_packed(raw)
        case _:
            return raw


def _read_fields(data: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    place = 0
    while place < len(data):
        tag, place = _read_varint(data, place)
        number, wire_type = tag >> 3, tag & 7
        if not 0 < number < 2**29:
            raise WireError("a field has no number")
        if wire_type == VARINT:
            value, place = _read_varint(data, place)
            yield number, wire_type, value
            continue
        if wire_type == BYTES:
            length, place = _read_varint(data, place)
        elif wire_type in (FIXED64, FIXED32):
            length = 8 if wire_type == FIXED64 else 4
        else:
            raise WireError(f"wire type {wire_type} is not in use")
        if length > len(data) - place:
            raise WireError("unexpected EOF")
        yield number, wire_type, data[place : place + length]
        place += length


def _read_varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if place >= len(data):
            raise WireError("unexpected EOF")
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if byte == 0 and shift:
                raise WireError("a number is written longer than it is")
            if value > MAX_UINT64:
                raise WireError("a number is larger than 64 bits")
            return value, place
        shift += 7
        if shift > 63:
            raise WireError("a number is larger than 64 bits")


# Writing


def encode(form: Form, values: Mapping[str, Any]) -> bytes:
    """In the order of the fields' numbers, without what is absent or empty."""
    written = bytearray()
    for number, field in sorted(form.fields.items()):
        value = values.get(field.name)
        if value is None or value in ("", 0, b"", []):
            continue
        if field.repeated and field.kind is Kind.ENUM:
            _write_bytes(written, number, b"".join(_varint(item) for item in value))
            continue
        for item in value if field.repeated else [value]:
            _write(written, number, field, item)
    return bytes(written)


def encode_packed(packed: Packed) -> bytes:
    return encode(_ANY, {"type_url": packed.type_url, "value": packed.value})


def _write(written: bytearray, number: int, field: Field, item: Any) -> None:
    match field.kind:
        case Kind.TEXT:
            _write_bytes(written, number, item.encode())
        case Kind.BYTES:
            _write_bytes(written, number, item)
        case Kind.FORM:
            assert field.form is not None
            _write_bytes(written, number, encode(field.form, item))
        case Kind.ANY:
            _write_bytes(written, number, encode_packed(item))
        case _:
            written += _varint(number << 3 | VARINT) + _varint(item & MAX_UINT64)


def _write_bytes(written: bytearray, number: int, content: bytes) -> None:
    written += _varint(number << 3 | BYTES) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


# As JSON


def to_json(form: Form, values: Mapping[str, Any], forms: Mapping[str, Form], depth: int = 0) -> Any:
    """As the REST API writes it: every field, 64-bit numbers as text. `forms` are those of packed messages."""
    if form.well_known == "timestamp":
        return rfc3339(values["seconds"] * 1_000_000 + values["nanos"] // 1_000)
    if form.well_known == "duration":
        return f"{values['seconds']}s"
    shown: dict[str, Any] = {}
    for field in form.fields.values():
        value = values[field.name]
        shown[field.name] = (
            [_item_json(field, item, forms, depth) for item in value]
            if field.repeated
            else _item_json(field, value, forms, depth)
        )
    return shown


def packed_json(packed: Packed, forms: Mapping[str, Form], depth: int = 0) -> dict[str, Any]:
    """What can't be read is shown as it is: a failed transaction is in its block all the same."""
    form = forms.get(packed.type_url)
    if form is not None and depth < MAX_SHOWN_DEPTH:
        try:
            return {"@type": packed.type_url, **to_json(form, decode(form, packed.value), forms, depth + 1)}
        except WireError:
            pass
    return {"@type": packed.type_url, "value": base64.b64encode(packed.value).decode()}


def _item_json(field: Field, value: Any, forms: Mapping[str, Form], depth: int) -> Any:
    match field.kind:
        case Kind.UINT64 | Kind.INT64:
            return str(value)
        case Kind.BYTES:
            return base64.b64encode(value).decode()
        case Kind.ENUM:
            return field.names[value] if value < len(field.names) else value
        case Kind.FORM:
            assert field.form is not None
            if value is None:
                return to_json(field.form, decode(field.form, b""), forms) if field.always else None
            return to_json(field.form, value, forms, depth)
        case Kind.ANY:
            return None if value is None else packed_json(value, forms, depth)
        case _:
            return value


def rfc3339(microseconds: int) -> str:
    """Times beyond the calendar are shown as its ends."""
    try:
        moment = _ZERO_TIME + datetime.timedelta(microseconds=microseconds)
    except OverflowError:
        moment = (datetime.datetime.max if microseconds > 0 else datetime.datetime.min).replace(tzinfo=datetime.UTC)
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


_ANY = Form("Any", {1: Field("type_url"), 2: Field("value", Kind.BYTES)})
