"""Rights at the brokers, made or written down as commands of Kafka's own. What is granted beside them is left alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourceType,
)

from streams.brokers import Address
from streams.kafka.admin import admin
from streams.kafka.rights import Right
from streams.messages import SpokenError

_KINDS: Final = {
    "topic": ResourceType.TOPIC,
    "group": ResourceType.GROUP,
    "transactional-id": ResourceType.TRANSACTIONAL_ID,
}
_OPERATIONS: Final = {
    "Read": ACLOperation.READ,
    "Write": ACLOperation.WRITE,
    "Describe": ACLOperation.DESCRIBE,
    "Create": ACLOperation.CREATE,
    "DescribeConfigs": ACLOperation.DESCRIBE_CONFIGS,
}


def commands(address: Address, wanted: Mapping[str, Sequence[Right]], prefix: str) -> Iterator[str]:
    """A line of `kafka-acls` for each right, for whoever keeps the brokers."""
    for process, rights in wanted.items():
        for right in rights:
            pattern = " --resource-pattern-type prefixed" if right.prefixed else ""
            yield (
                f"kafka-acls --bootstrap-server {address} --add --allow-principal User:{prefix}{process}"
                f" --operation {right.operation} --{right.kind} {right.name}{pattern}"
            )


def grant(address: Address, wanted: Mapping[str, Sequence[Right]], prefix: str) -> int:
    """Make them; how many there are. One that is there stays as it is. Raises SpokenError."""
    acls = [_acl(f"User:{prefix}{process}", right) for process, rights in wanted.items() for right in rights]
    with admin(address) as client:
        failed = client.create_acls(acls)["failed"]
    if failed:
        raise SpokenError("kafka-acls-refused", address=address, why=failed[0].__name__, count=len(failed))
    return len(acls)


def _acl(principal: str, right: Right) -> ACL:
    pattern = ACLResourcePatternType.PREFIXED if right.prefixed else ACLResourcePatternType.LITERAL
    return ACL(
        principal=principal,
        host="*",
        operation=_OPERATIONS[right.operation],
        permission_type=ACLPermissionType.ALLOW,
        resource_pattern=ResourcePattern(_KINDS[right.kind], right.name, pattern),
    )
