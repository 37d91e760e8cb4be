"""What is said of wires that are wrong: which setting, what is so, what to do; never what a secret holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OF_WIRES: Final[Mapping[str, Mapping[str, str]]] = {
    "secret-bare": {
        "en": "{name}: a secret, taken from files alone: unset it, and let {name}_FILE name a file that holds it, or"
        " lay"
        " one into the folder of TOCSIN_SECRETS",
        "zh-CN": "{name}：机密只从文件读取：请取消此变量，并用 {name}_FILE 指定文件，或放入 TOCSIN_SECRETS 目录",
    },
    "wire-needed": {
        "en": "{name}: missing, and TOCSIN_KAFKA_SECURITY={security} needs it: set it",
        "zh-CN": "{name}：缺失，而 TOCSIN_KAFKA_SECURITY={security} 需要它：请设置",
    },
    "wire-unused": {
        "en": "{name}: would be passed over, TOCSIN_KAFKA_SECURITY is {security}: set that to {cure}, or unset this",
        "zh-CN": "{name}：不会生效，因为 TOCSIN_KAFKA_SECURITY 为 {security}：请将其改为 {cure}，或取消此变量",
    },
    "wire-half": {
        "en": "{name}: given without {missing}: certificate and key go together, set both",
        "zh-CN": "{name}：缺少 {missing}：证书与私钥必须成对，请同时设置",
    },
    "wire-certificate": {
        "en": "{name}: {path} holds no certificate that can be read: name a PEM file (-----BEGIN CERTIFICATE-----)",
        "zh-CN": "{name}：{path} 中没有可读取的证书：请指定 PEM 文件（-----BEGIN CERTIFICATE-----）",
    },
    "wire-key": {
        "en": "{name}: {path} is not the key of {certificate}, or asks for a password: name that certificate's key,"
        " in PEM"
        " and without a password, readable by this account alone",
        "zh-CN": "{name}：{path} 不是 {certificate} 的私钥，或带有口令："
        "请指定该证书的 PEM 私钥，不带口令，且仅本账户可读",
    },
    "kafka-acls-made": {
        "en": "{address}: {count} rights of {users} users are there; whatever else is granted was left alone",
        "zh-CN": "{address}：{users} 个用户的 {count} 条权限已就绪；其他已授予的权限保持不变",
    },
    "kafka-acls-refused": {
        "en": "{address}: {count} rights were not made ({why}): be a user who may alter the cluster, and give the"
        " brokers an authorizer (authorizer.class.name)",
        "zh-CN": "{address}：有 {count} 条权限未能创建（{why}）：请使用可修改集群的用户，"
        "并为代理配置授权器（authorizer.class.name）",
    },
    "kafka-forbidden": {
        "en": "{address}: the brokers do not let us ({why}): give this user the rights of {process}, tocsin kafka acls"
        " lists them",
        "zh-CN": "{address}：代理不允许此操作（{why}）：请授予该用户 {process} 的权限，可用 tocsin kafka acls 列出",
    },
    "kafka-plain": {
        "en": "{address}: no TLS is spoken there: name the brokers' TLS listener in TOCSIN_KAFKA, or set"
        " TOCSIN_KAFKA_SECURITY=PLAINTEXT",
        "zh-CN": "{address}：该端口不使用 TLS：请在 TOCSIN_KAFKA 中填写 TLS 监听地址，"
        "或设置 TOCSIN_KAFKA_SECURITY=PLAINTEXT",
    },
    "kafka-tls-wanted": {
        "en": "{address}: does not answer in the open, it may speak TLS alone: set TOCSIN_KAFKA_SECURITY to SSL or"
        " SASL_SSL, or name another listener in TOCSIN_KAFKA",
        "zh-CN": "{address}：不接受明文连接，可能只用 TLS：请将 TOCSIN_KAFKA_SECURITY 设为 SSL 或 SASL_SSL，"
        "或在 TOCSIN_KAFKA 中填写其他监听地址",
    },
    "kafka-certificate-unknown": {
        "en": "{address}: the certificate of {host} was signed by nobody whom we believe: let TOCSIN_KAFKA_CA name the"
        " authority that signed it",
        "zh-CN": "{address}：{host} 的证书不是由受信任的机构签发：请用 TOCSIN_KAFKA_CA 指定签发它的机构证书",
    },
    "kafka-certificate-name": {
        "en": "{address}: the certificate is for another host than {host}: write in TOCSIN_KAFKA a name that it"
        " carries, or"
        " have one made for this name",
        "zh-CN": "{address}：证书不适用于主机 {host}：请在 TOCSIN_KAFKA 中填写证书所含的名称，或为此名称签发证书",
    },
    "kafka-certificate-expired": {
        "en": "{address}: the certificate of {host} is past its end: have it renewed, and look at this machine's clock",
        "zh-CN": "{address}：{host} 的证书已过期：请更新证书，并检查本机时钟",
    },
    "kafka-certificate-wanted": {
        "en": "{address}: the brokers ask for a certificate of ours: set TOCSIN_KAFKA_CERTIFICATE and"
        " TOCSIN_KAFKA_CERTIFICATE_KEY",
        "zh-CN": "{address}：代理要求客户端证书：请设置 TOCSIN_KAFKA_CERTIFICATE 和 TOCSIN_KAFKA_CERTIFICATE_KEY",
    },
    "kafka-certificate-refused": {
        "en": "{address}: the brokers refuse the certificate of TOCSIN_KAFKA_CERTIFICATE: have it signed by an"
        " authority"
        " that they believe, or renewed where it is past its end",
        "zh-CN": "{address}：代理拒绝 TOCSIN_KAFKA_CERTIFICATE 的证书：请由其信任的机构签发，如已过期请更新",
    },
    "kafka-user-wanted": {
        "en": "{address}: the brokers ask who we are: set TOCSIN_KAFKA_SECURITY=SASL_SSL, TOCSIN_KAFKA_USER and a"
        " file with"
        " TOCSIN_KAFKA_PASSWORD",
        "zh-CN": "{address}：代理要求用户认证：请设置 TOCSIN_KAFKA_SECURITY=SASL_SSL、TOCSIN_KAFKA_USER，"
        "并以文件提供 TOCSIN_KAFKA_PASSWORD",
    },
    "kafka-user-unwanted": {
        "en": "{address}: this listener takes no users: set TOCSIN_KAFKA_SECURITY=SSL, or name the listener for"
        " users in"
        " TOCSIN_KAFKA",
        "zh-CN": "{address}：该监听不接受用户认证：请设置 TOCSIN_KAFKA_SECURITY=SSL，或在 TOCSIN_KAFKA"
        " 中填写支持用户的监听",
    },
    "kafka-mechanism": {
        "en": "{address}: the brokers do not offer {mechanism}, the one that we speak: add it to their"
        " sasl.enabled.mechanisms, or name another listener in TOCSIN_KAFKA",
        "zh-CN": "{address}：代理未提供我们使用的 {mechanism}：请将其加入 sasl.enabled.mechanisms，"
        "或在 TOCSIN_KAFKA 中填写其他监听",
    },
    "kafka-password": {
        "en": "{address}: the brokers refuse the user {user} with this password: look at TOCSIN_KAFKA_USER and at"
        " the file"
        " of TOCSIN_KAFKA_PASSWORD; kafka-configs makes users",
        "zh-CN": "{address}：代理拒绝用户 {user} 及其口令：请检查 TOCSIN_KAFKA_USER 与 TOCSIN_KAFKA_PASSWORD 所在文件；"
        "用户由 kafka-configs 创建",
    },
}
