"""Which fault a failed call is. Asked only about calls that failed, never about the text of a good answer."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Iterator, Mapping, NamedTuple
from urllib.parse import urlsplit

from orchestra.adapters.error_body import ErrorBody, error_in, read_error, readable
from orchestra.adapters.proxies import WANTS_USER_HINT
from orchestra.adapters.retry_after import find_wait_s
from orchestra.adapters.told_window import told_window
from orchestra.errors import (
    ApiError,
    AuthFailed,
    BadRequest,
    ContentFiltered,
    ContextExceeded,
    ModelNotFound,
    ModelQuotaExhausted,
    Overloaded,
    ProviderFault,
    QuotaExhausted,
    RateLimited,
    TimedOut,
)

_Fault = type[ProviderFault]


class _Sign(NamedTuple):
    """One row of the table: the first one that fits decides."""

    place: str
    """`code`: the provider's code or type is one of the words; `text`: the pattern is found anywhere in the body;
    `status`: the HTTP status is one of the words."""
    pattern: str
    fault: _Fault


_TABLE = (
    # Codes that say it all.
    _Sign("code", "content_filter|content_policy_violation|invalid_prompt|bio_policy|1300|1301", ContentFiltered),
    _Sign("code", "context_length_exceeded|exceed_context_size_error|1261", ContextExceeded),
    _Sign("code", "insufficient_quota|credit_balance_exhausted|exceeded_current_quota_error", QuotaExhausted),
    _Sign("code", r"\w+_spend_limit_(exceeded|reached)|organization_usage_limit_exceeded", QuotaExhausted),
    _Sign("code", "billing_error|1113|1304|1308|1309|1310|1313", QuotaExhausted),
    _Sign("code", "invalid_api_key|API_KEY_INVALID|incorrect_api_key_error", AuthFailed),
    _Sign("code", "invalid_authentication_error|unsupported_country_region_territory", AuthFailed),
    _Sign("code", "1000|1001|1002|1003|1004|1110|1111|1112|1121|1220", AuthFailed),
    _Sign("code", "model_not_found|model_decommissioned|DeploymentNotFound", ModelNotFound),
    _Sign("code", "resource_not_found_error|1211|1311", ModelNotFound),
    _Sign("code", "rate_limit_reached_error|rate_limit_exceeded|slow_down|1302|1303|1305", RateLimited),
    _Sign("code", "engine_overloaded_error|server_is_overloaded|1312", Overloaded),
    _Sign("code", "1120|1230|1234", ApiError),
    _Sign("code", "1210|1213|1214|1215", BadRequest),
    # The prompt does not fit. Before money: some of these bodies quote numbers and limits.
    _Sign("text", r"context_length_exceeded|exceed_context_size_error", ContextExceeded),
    _Sign("text", r"maximum context length is|model's maximum context limit|exceed context limit", ContextExceeded),
    _Sign("text", r"exceeds the available context size|context size has been exceeded", ContextExceeded),
    _Sign("text", r"input token count.{0,40}exceeds the maximum number of tokens allowed", ContextExceeded),
    _Sign("text", r"prompt is too long|prompt exceeds max length|prompt 超长", ContextExceeded),
    _Sign("text", r"exceeded model token limit|input token length too long", ContextExceeded),
    _Sign("text", r"is longer than the model's context length|exceed the configured limit", ContextExceeded),
    _Sign("text", r"n_keep.{0,40}n_ctx|trying to keep the first", ContextExceeded),
    _Sign("text", r"exceeds the context window|max_tokens must be at least 1, got -", ContextExceeded),
    # No money, or no quota that comes back within minutes.
    _Sign("text", r"insufficient balance|credit balance is too low|prepayment credits are depleted", QuotaExhausted),
    _Sign("text", r"余额不足|欠费|套餐已到期|今日调用次数限额|的使用上限|公平使用", QuotaExhausted),
    _Sign("text", r"daily call limit|usage limit reached", QuotaExhausted),
    _Sign("text", r"insufficient_quota|_spend_limit_(exceeded|reached)|billing_error", QuotaExhausted),
    _Sign("text", r"quotaid\W{1,6}\w*perday\w*permodel|\blimit: 0, model: ", ModelQuotaExhausted),
    _Sign("text", r"quotaid\W{1,6}\w*perday|\blimit: 0(?![\d.])", QuotaExhausted),
    # The rest of what only words tell.
    _Sign("text", r"api key not valid|api key not found|incorrect api key|invalid api key", AuthFailed),
    _Sign("text", r"invalid (authentication|x-api-key)|authentication failed|reported as leaked", AuthFailed),
    _Sign("text", r"身份验证|authentication token|您无权访问|账户(非活动|不存在|已被锁定|存在违规)", AuthFailed),
    _Sign("text", r"not available in your country|country, region, or territory not supported", AuthFailed),
    _Sign("text", r"user location is not supported", AuthFailed),
    _Sign("text", r"not found the model|is not found for api version|model does not exist|模型不存在", ModelNotFound),
    _Sign("text", r"\bmodel (\S{1,200} )?(not found|does not exist)|model not exist|no such model", ModelNotFound),
    _Sign("text", r"only supported in v1/responses|not a chat model", ModelNotFound),
    _Sign("text", r"does not have access to model|套餐暂未开放", ModelNotFound),
    _Sign("text", r"不安全或敏感内容|被策略阻止|unsafe or sensitive content", ContentFiltered),
    _Sign("text", r"flagged as potentially violating|considered high risk", ContentFiltered),
    _Sign("text", r"loading model|server busy|访问量过大|experiencing high demand|\"overloaded\"", Overloaded),
    _Sign("text", r"(engine|model|server) is (currently )?overloaded", Overloaded),
    _Sign("text", r"(并发数|频率)过高|流量限制|rate limit (reached|exceeded)|max organization concurrency", RateLimited),
    _Sign("status", "402", QuotaExhausted),
    # Wider words. They decide where a stream that began with status 200 holds the error.
    _Sign("code", "authentication_error|permission_error|permission_denied_error", AuthFailed),
    _Sign("code", "UNAUTHENTICATED|PERMISSION_DENIED|FAILED_PRECONDITION", AuthFailed),
    _Sign("code", "not_found_error|NotFoundError|NOT_FOUND", ModelNotFound),
    _Sign("code", "rate_limit_error|RESOURCE_EXHAUSTED|requests|tokens", RateLimited),
    _Sign("code", "overloaded_error|service_unavailable_error|unavailable_error|UNAVAILABLE", Overloaded),
    _Sign("code", "timeout_error|DEADLINE_EXCEEDED", TimedOut),
    _Sign("code", "request_too_large", ContextExceeded),
    # What is left: the status, also where a stream holds it as its code.
    _Sign("status", "401|403|434", AuthFailed),
    _Sign("status", "408|504", TimedOut),
    _Sign("status", "413", ContextExceeded),
    _Sign("status", "429", RateLimited),
    _Sign("status", "503|529", Overloaded),
    # Words that say less than those statuses do.
    # At the beginning: what was asked may be quoted behind.
    _Sign("text", r"\A.{0,200}(unknown|unsupported|invalid) model( name| id)?( ?[:\"'`.,]| passed|$)", ModelNotFound),
    _Sign("text", r"\A.{0,200}(is not a valid model|no endpoints found for)", ModelNotFound),
    _Sign("text", r"\A.{0,200}model (\S{1,200} )?(is|was|has been) (decommissioned|deprecated|retired)", ModelNotFound),
    _Sign("code", "server_error|api_error|unexpected_output|INTERNAL", ApiError),
    _Sign("code", "invalid_request_error|INVALID_ARGUMENT", BadRequest),
    # Two requests got into each other's way.
    _Sign("status", "409", ApiError),
    _Sign("status", r"4\d\d", BadRequest),
    _Sign("status", r"\d+", ApiError),
)

_HINTS: Mapping[_Fault, str] = {
    AuthFailed: "check the provider's key, and that it belongs to this base_url",
    QuotaExhausted: "top up or raise the limit at the provider, or put another provider into the chain",
    ModelQuotaExhausted: "raise the limit at the provider, or put another model into the chain",
    ModelNotFound: "name a model that the provider serves under `agents` in the configuration",
    ContextExceeded: "use a model with a larger context_window",
}
_STATUS_HINTS = {
    404: "check base_url: it needs the version segment, such as /v1",
    407: WANTS_USER_HINT,
}


def classify(
    http_status: int, headers: Mapping[str, str], body: bytes, *, provider: str, now: datetime | None = None
) -> ProviderFault:
    """The fault that an answer with an error status is; returned, not raised."""
    if 300 <= http_status < 400:
        return _redirected(http_status, headers, provider)
    return _fault_of(read_error(body), http_status, headers, provider, now)


def classify_event(value: object) -> ProviderFault:
    """The fault that a parsed error inside an answer of status 200 is; its `where` is left to the caller."""
    return _fault_of(error_in(value), None, {}, None, None)


def _fault_of(
    error: ErrorBody, status: int | None, headers: Mapping[str, str], provider: str | None, now: datetime | None
) -> ProviderFault:
    status = _status_in(error) if status is None else status
    fault_class = _class_of(error, status)
    where = "%s, HTTP %d" % (provider, status) if provider and status else provider
    hint = _STATUS_HINTS.get(status or 0) if fault_class is BadRequest else _HINTS.get(fault_class)
    fault = fault_class(
        error.message or "the provider gave no reason",
        where=where,
        hint=hint,
        http_status=status,
        retry_after_s=find_wait_s(headers, error, now=now),
    )
    _honour_should_retry(fault, headers)
    if isinstance(fault, ContextExceeded):
        fault.window_tokens = told_window(error.text)
    return fault


def _redirected(status: int, headers: Mapping[str, str], provider: str) -> ProviderFault:
    target = {name.lower(): value for name, value in headers.items()}.get("location", "")
    try:
        url = urlsplit(target)
        # Without a user, a path and what follows, which may hold a key.
        server = url._replace(netloc=url.netloc.rpartition("@")[2], path="", query="", fragment="").geturl()
        place = server.lstrip("/") if url.netloc else "another path"
    except ValueError:
        place = "another place"
    # Not followed: the key and the prompt are meant for the configured host only.
    what = "the server redirects us to %s; no redirect is followed" % readable(place)
    where = "%s, HTTP %d" % (provider, status)
    hint = "set providers.%s.base_url to the address at which the server answers by itself" % provider
    return BadRequest(what, where=where, hint=hint, http_status=status)


def _class_of(error: ErrorBody, status: int | None) -> _Fault:
    return next((sign.fault for sign in _TABLE if _fits(sign, error, status)), ApiError)


def _fits(sign: _Sign, error: ErrorBody, status: int | None) -> bool:
    if sign.place == "text":
        return bool(re.search(sign.pattern, error.text, re.IGNORECASE))
    return any(re.fullmatch(sign.pattern, word, re.IGNORECASE) for word in _words(sign, error, status))


def _words(sign: _Sign, error: ErrorBody, status: int | None) -> Iterator[str]:
    if sign.place == "code":
        yield error.code
        yield error.kind
    elif status is not None:
        yield str(status)


def _status_in(error: ErrorBody) -> int | None:
    return int(error.code) if re.fullmatch(r"[45]\d\d", error.code) else None


def _honour_should_retry(fault: ProviderFault, headers: Mapping[str, str]) -> None:
    said = {name.lower(): value for name, value in headers.items()}.get("x-should-retry")
    if said == "false":
        fault.retry_same = False
    elif said == "true" and not (fault.drops_model or fault.drops_provider):
        fault.retry_same = True
