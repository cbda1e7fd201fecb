from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest

from orchestra.adapters.faults import classify, classify_event
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


def _kimi(kind: str, message: str = "") -> object:
    return {"error": {"message": message, "type": kind}}


def _glm(code: str, message: str = "") -> object:
    return {"error": {"code": code, "message": message}}


def _gemini(code: int, status: str, message: str = "", *details: object) -> object:
    return {"error": {"code": code, "message": message, "status": status, "details": list(details)}}


def _openai(code: str | None, kind: str = "invalid_request_error", message: str = "") -> object:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def _claude(kind: str, message: str = "") -> object:
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}


_TOO_MANY_TOKENS = "The input token count (12) exceeds the maximum number of tokens allowed (9)."
_PER_DAY = {
    "@type": "type.googleapis.com/google.rpc.QuotaFailure",
    "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier", "quotaValue": "20"}],
}
_KEY_INVALID = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
_QUOTA = "You exceeded your current quota, please check your plan and billing details."
_VLLM = "This model's maximum context length is 2048 tokens. However, your request has 8 input tokens plus 2045."
_BALANCE = "Your account org-1<ak-1> is suspended due to insufficient balance, please recharge your account"

_MOONSHOT = [
    (400, _kimi("content_filter", "The request was rejected because it was considered high risk"), ContentFiltered),
    (400, _kimi("invalid_request_error", "Invalid request: details"), BadRequest),
    (400, _kimi("invalid_request_error", "invalid temperature: only 1 is allowed for this model"), BadRequest),
    (400, _kimi("invalid_request_error", "Input token length too long"), ContextExceeded),
    (400, _kimi("invalid_request_error", "Your request exceeded model token limit : 262144"), ContextExceeded),
    (401, _kimi("invalid_authentication_error", "Invalid Authentication"), AuthFailed),
    (401, _kimi("incorrect_api_key_error", "Incorrect API key provided"), AuthFailed),
    (403, _kimi("permission_denied_error", "Forbidden"), AuthFailed),
    (403, _kimi("permission_denied_error", "403 Forbidden (insufficient balance)"), QuotaExhausted),
    (404, _kimi("resource_not_found_error", "Not found the model m or Permission denied"), ModelNotFound),
    (429, _kimi("exceeded_current_quota_error", _BALANCE), QuotaExhausted),
    (429, _kimi("rate_limit_reached_error", "max RPM: 3, please try again after 1 seconds"), RateLimited),
    (429, _kimi("engine_overloaded_error", "The engine is currently overloaded"), Overloaded),
    (500, _kimi("server_error"), ApiError),
    (500, _kimi("unexpected_output"), ApiError),
]
_ZAI = [
    (500, _glm("500", "Internal Error"), ApiError),
    *((401, _glm(code, "身份验证失败"), AuthFailed) for code in ("1000", "1001", "1002", "1003", "1004")),
    *((429, _glm(code, "account"), AuthFailed) for code in ("1110", "1111", "1112", "1121")),
    (429, _glm("1113", "余额不足或无可用资源包,请充值。"), QuotaExhausted),
    (429, _glm("1120", "无法成功访问您的账户,请稍后重试"), ApiError),
    *((400, _glm(code, "API 调用参数有误"), BadRequest) for code in ("1210", "1213", "1214", "1215")),
    (400, _glm("1211", "模型不存在，请检查模型代码"), ModelNotFound),
    (403, _glm("1220", "您无权访问"), AuthFailed),
    (500, _glm("1230"), ApiError),
    (500, _glm("1234"), ApiError),
    (400, _glm("1261", "Prompt exceeds max length"), ContextExceeded),
    (400, _glm("1300", "API 调用被策略阻止"), ContentFiltered),
    (400, _glm("1301", "系统检测到输入或生成内容可能包含不安全或敏感内容"), ContentFiltered),
    (429, _glm("1302", "您当前使用该 API 的并发数过高"), RateLimited),
    (429, _glm("1303"), RateLimited),
    (429, _glm("1304"), QuotaExhausted),
    (429, _glm("1305"), RateLimited),
    (429, _glm("1308"), QuotaExhausted),
    (429, _glm("1310"), QuotaExhausted),
    (429, _glm("1309", "GLM Coding Plan 套餐已到期"), QuotaExhausted),
    (429, _glm("1311"), ModelNotFound),
    (429, _glm("1312"), Overloaded),
    (429, _glm("1313"), QuotaExhausted),
    (434, _glm("", "no permission"), AuthFailed),
]
_GOOGLE = [
    (400, _gemini(400, "INVALID_ARGUMENT", "API key not valid.", _KEY_INVALID), AuthFailed),
    (400, _gemini(400, "INVALID_ARGUMENT", "API Key not found. Please pass a valid API key."), AuthFailed),
    (400, _gemini(400, "INVALID_ARGUMENT", "Unknown name"), BadRequest),
    (400, _gemini(400, "FAILED_PRECONDITION", "Free tier is not available in your country."), AuthFailed),
    (400, _gemini(400, "FAILED_PRECONDITION", "Enable billing on your project."), AuthFailed),
    (403, _gemini(403, "PERMISSION_DENIED", "leaked"), AuthFailed),
    (
        400,
        _gemini(400, "INVALID_ARGUMENT", _TOO_MANY_TOKENS),
        ContextExceeded,
    ),
    (429, _gemini(429, "RESOURCE_EXHAUSTED", _QUOTA + " Please retry in 3.98s."), RateLimited),
    (429, _gemini(429, "RESOURCE_EXHAUSTED", _QUOTA, _PER_DAY), ModelQuotaExhausted),
    (429, _gemini(429, "RESOURCE_EXHAUSTED", _QUOTA + " requests, limit: 0, model: gemini-3"), ModelQuotaExhausted),
    (429, _gemini(429, "RESOURCE_EXHAUSTED", _QUOTA, {"quotaId": "RequestsPerDayPerProject"}), QuotaExhausted),
    (429, _gemini(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."), RateLimited),
    (429, _gemini(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."), QuotaExhausted),
    (402, _gemini(402, "RESOURCE_EXHAUSTED", "x"), QuotaExhausted),
    (404, _gemini(404, "NOT_FOUND", "models/X is not found for API version v1beta"), ModelNotFound),
    (503, _gemini(503, "UNAVAILABLE", "This model is currently experiencing high demand."), Overloaded),
    (500, _gemini(500, "INTERNAL"), ApiError),
    (504, _gemini(504, "DEADLINE_EXCEEDED"), TimedOut),
    (429, [_gemini(429, "RESOURCE_EXHAUSTED")], RateLimited),
]
_OPENAI = [
    (401, _openai("invalid_api_key", message="Incorrect API key provided: sk-abc"), AuthFailed),
    (403, _openai("unsupported_country_region_territory"), AuthFailed),
    (404, _openai("model_not_found"), ModelNotFound),
    (403, _openai("model_not_found"), ModelNotFound),
    (404, _openai(None, message="This model is only supported in v1/responses and not in v1/chat"), ModelNotFound),
    (400, _openai("context_length_exceeded", message="Your input exceeds the context window"), ContextExceeded),
    (429, _openai("rate_limit_exceeded", "tokens", "Rate limit reached"), RateLimited),
    (429, _openai(None, "requests", "Rate limit reached"), RateLimited),
    (429, _openai("slow_down", "rate_limit_error"), RateLimited),
    (429, _openai("insufficient_quota", "insufficient_quota", _QUOTA), QuotaExhausted),
    (429, _openai("credit_balance_exhausted"), QuotaExhausted),
    (429, _openai("project_spend_limit_exceeded"), QuotaExhausted),
    (429, _openai("organization_usage_limit_exceeded"), QuotaExhausted),
    (400, _openai("invalid_prompt"), ContentFiltered),
    (400, _openai("content_policy_violation"), ContentFiltered),
    (400, _openai(None, message="Unsupported parameter: 'temperature' is not supported with this model."), BadRequest),
    (503, _openai("server_is_overloaded", "service_unavailable_error"), Overloaded),
    (500, _openai(None, "server_error"), ApiError),
    (503, _openai("service_unavailable", "server_error"), Overloaded),
    (529, _openai("overloaded", "server_error"), Overloaded),
    (504, _openai("gateway_timeout", "server_error"), TimedOut),
    (409, _openai("conflict", "conflict_error"), ApiError),
]
_ANTHROPIC = [
    (400, _claude("invalid_request_error", "prompt is too long: 206881 tokens > 200000 maximum"), ContextExceeded),
    (400, _claude("invalid_request_error", "input length and `max_tokens` exceed context limit: 1"), ContextExceeded),
    (400, _claude("invalid_request_error", "Your credit balance is too low to access the API."), QuotaExhausted),
    (400, _claude("invalid_request_error", "max_tokens: required"), BadRequest),
    (402, _claude("billing_error"), QuotaExhausted),
    (401, _claude("authentication_error", "invalid x-api-key"), AuthFailed),
    (403, _claude("permission_error"), AuthFailed),
    (404, _claude("not_found_error", "model: claude-x"), ModelNotFound),
    (413, _claude("request_too_large"), ContextExceeded),
    (429, _claude("rate_limit_error"), RateLimited),
    (429, _claude("rate_limit_error", "enforced_spend_limit_reached"), QuotaExhausted),
    (500, _claude("api_error"), ApiError),
    (504, _claude("timeout_error"), TimedOut),
    (529, _claude("overloaded_error", "Overloaded"), Overloaded),
]
_LOCAL = [
    (401, {"error": {"message": "Invalid API Key", "type": "authentication_error", "code": 401}}, AuthFailed),
    (503, {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}}, Overloaded),
    (
        400,
        {"error": {"code": 400, "message": "request exceeds", "type": "exceed_context_size_error", "n_ctx": 2048}},
        ContextExceeded,
    ),
    (400, _openai("context_length_exceeded", message=_VLLM), ContextExceeded),
    (400, {"object": "error", "message": _VLLM, "type": "BadRequestError", "code": 400}, ContextExceeded),
    (400, {"error": {"message": _VLLM, "type": "BadRequestError", "code": 400}}, ContextExceeded),
    (400, {"object": "error", "message": "max_tokens must be at least 1, got -186."}, ContextExceeded),
    (400, {"error": "The number of tokens to keep (n_keep: 13055>= n_ctx: 4096)."}, ContextExceeded),
    (400, {"error": "Trying to keep the first 9 tokens when context the overflows"}, ContextExceeded),
    (400, {"error": "Context size has been exceeded."}, ContextExceeded),
    (500, {"error": {"code": 500, "message": "[json.exception.parse_error.101]", "type": "server_error"}}, ApiError),
    (404, {"error": {"message": 'model "x" not found, try pulling it first'}}, ModelNotFound),
    (404, {"object": "error", "message": "The model `x` does not exist.", "type": "NotFoundError"}, ModelNotFound),
    (503, {"error": "server busy, please try again. maximum pending requests exceeded"}, Overloaded),
    (404, {"detail": "Not Found"}, BadRequest),
]
_STATUS_ONLY = [
    (400, BadRequest),
    (401, AuthFailed),
    (402, QuotaExhausted),
    (403, AuthFailed),
    (404, BadRequest),
    (408, TimedOut),
    (413, ContextExceeded),
    (418, BadRequest),
    (422, BadRequest),
    (429, RateLimited),
    (500, ApiError),
    (502, ApiError),
    (503, Overloaded),
    (504, TimedOut),
    (529, Overloaded),
    (100, ApiError),
]


@pytest.mark.parametrize(
    "status, body, expected",
    _MOONSHOT + _ZAI + _GOOGLE + _OPENAI + _ANTHROPIC + _LOCAL,
    ids=lambda value: str(value)[:80],
)
def test_each_known_error_has_its_class(status: int, body: object, expected: type[ProviderFault]) -> None:
    fault = classify(status, {}, json.dumps(body).encode("utf-8"), provider="p")
    assert type(fault) is expected
    assert fault.http_status == status


@pytest.mark.parametrize("body", [b"", b"<html><title>Bad Gateway</title></html>", b"{", b"null", b"[]", b"7", b'""'])
@pytest.mark.parametrize("status, expected", _STATUS_ONLY)
def test_the_status_decides_where_the_body_says_nothing(
    status: int, expected: type[ProviderFault], body: bytes
) -> None:
    assert type(classify(status, {}, body, provider="p")) is expected


@pytest.mark.parametrize(
    "value, expected",
    [
        ({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, Overloaded),
        ({"type": "error", "error": {"code": "context_length_exceeded", "message": "x"}}, ContextExceeded),
        ({"type": "error", "code": "rate_limit_exceeded", "message": "x", "param": None}, RateLimited),
        ({"error": {"message": "too long", "code": 400}}, BadRequest),
        ({"error": {"message": _VLLM, "code": 400}}, ContextExceeded),
        ({"type": "response.failed", "response": {"error": {"code": "server_error", "message": "x"}}}, ApiError),
        ({"error": "Context size has been exceeded."}, ContextExceeded),
        ({"error": True}, ApiError),
        ({"error": {"message": "max_tokens: required", "type": "invalid_request_error"}}, BadRequest),
        ([{"error": {"code": "1113", "message": "x"}}], QuotaExhausted),
        ({"code": 1302, "msg": "x", "success": False}, RateLimited),
        ("Overloaded", Overloaded),
        # What surrounds the error is the request, and what there is of an answer.
        ({"status": "failed", "error": {"code": "server_error"}, "instructions": "余额不足"}, ApiError),
        ({"response": {"error": {"code": "server_error"}, "output": "rate limit exceeded"}}, ApiError),
    ],
)
def test_an_error_inside_a_good_status_has_its_class(value: object, expected: type[ProviderFault]) -> None:
    assert type(classify_event(value)) is expected


@pytest.mark.parametrize(
    "headers, body, seconds",
    [
        ({"Retry-After-Ms": "1500", "Retry-After": "9"}, {}, 1.5),
        ({"retry-after": "7"}, {"error": {"message": "Please retry in 3s."}}, 7),
        ({"retry-after": "0.5"}, {}, 0.5),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:30 GMT", "date": "Sun, 22 Nov 2026 12:00:00 GMT"}, {}, 30),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:20 GMT"}, {}, 20),
        ({"retry-after": "Sun, 22 Nov 2020 12:00:00 GMT"}, {}, 0),
        ({}, _gemini(429, "RESOURCE_EXHAUSTED", "Please retry in 1s.", {"retryDelay": "47.5s"}), 47.5),
        ({}, {"error": {"message": "Please try again in 41.724s."}}, 41.724),
        ({}, {"error": {"message": "please try again after 1 seconds"}}, 1),
        ({}, {"error": {"message": "Please retry in 3.98361248s."}}, 3.98361248),
        ({}, {"error": {"message": "Please try again in 6m0s."}}, 360),
        ({}, {"error": {"message": "Please try again in 120ms."}}, 0.12),
        ({}, {"error": {"message": "Please try again in 500 milliseconds."}}, 0.5),
        ({}, {"error": {"message": "Please retry after 20 seconds."}}, 20),
        ({}, {"error": {"message": "Please wait 2 minutes."}}, 120),
        ({"retry-after": "nan"}, {}, None),
        ({"retry-after": "soon"}, {"error": {"message": "after the rain"}}, None),
        ({"retry-after": "999999999"}, {}, 86400),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:20 +99999999999999999999"}, {}, None),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:20 GMT", "date": "22 Nov 2026 9999999999999999999:00:00"}, {}, 20),
    ],
)
def test_the_wait_comes_from_the_first_source_that_names_one(
    headers: dict[str, str], body: object, seconds: float | None
) -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)
    fault = classify(429, headers, json.dumps(body).encode(), provider="p", now=now)
    assert fault.retry_after_s == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    "status, said, expected", [(500, "false", False), (429, "true", True), (401, "true", False), (500, "", True)]
)
def test_honours_whether_the_provider_says_to_retry(status: int, said: str, expected: bool) -> None:
    assert classify(status, {"X-Should-Retry": said}, b"", provider="p").retry_same is expected


@pytest.mark.parametrize("message, expected", [
    ("该 API 已达今日调用次数限额", QuotaExhausted),
    ("已达到 120 次 的使用上限。您的限额将在 2026-11-23 08:00:00 重置", QuotaExhausted),
    ("身份验证失败", AuthFailed),
    ("Invalid Authentication", AuthFailed),
    ("invalid x-api-key", AuthFailed),
    ("您的账户已被锁定", AuthFailed),
    ("User location is not supported for the API use.", AuthFailed),
    ("Project `p` does not have access to model `m`", ModelNotFound),
    ("当前订阅套餐暂未开放glm-5.3权限", ModelNotFound),
    ("model not found", ModelNotFound),
    ("Model Not Exist", ModelNotFound),
    ("Unknown model: m", ModelNotFound),
    ("Unsupported model", ModelNotFound),
    ("Invalid model name passed in model=m", ModelNotFound),
    ("p/m is not a valid model ID", ModelNotFound),
    ("No endpoints found for p/m.", ModelNotFound),
    ("The model `m` has been decommissioned and is no longer supported.", ModelNotFound),
    ("API 调用被策略阻止", ContentFiltered),
    ("System detected potentially unsafe or sensitive content in input or generation", ContentFiltered),
    ("The request was rejected because it was considered high risk", ContentFiltered),
    ("The engine is currently overloaded, please try again later", Overloaded),
    ("该模型当前访问量过大,请您稍后再试", Overloaded),
    ("This model is currently experiencing high demand.", Overloaded),
    ("您当前使用该 API 的并发数过高,请降低并发", RateLimited),
    ("您当前使用该 API 的频率过高", RateLimited),
    ("Organization Rate limit exceeded", RateLimited),
])
def test_words_decide_where_a_gateway_has_dropped_the_code(message: str, expected: type[ProviderFault]) -> None:
    assert type(classify_event({"error": message})) is expected
    assert type(classify(400, {}, message.encode("utf-8"), provider="p")) is expected


@pytest.mark.parametrize("form", ["%s", "\ufeff%s", "[%s]", "data: %s\n\n", "event: error\ndata: %s\n\n"])
def test_the_same_error_in_another_form_is_the_same_fault(form: str) -> None:
    body = form % json.dumps(_glm("1113", "x"))
    fault = classify(429, {}, body.encode("utf-8"), provider="p")
    assert (type(fault), fault.what) == (QuotaExhausted, "x")


@pytest.mark.parametrize("status, message, expected", [
    (429, "Too many requests. Note: this model is deprecated.", RateLimited),
    (503, "upstream error: Unknown model.", Overloaded),
    (400, "bad value in messages: " + "x = 1; " * 30 + "raise Error('unknown model: %s')", BadRequest),
    (400, "Unknown model `m`", ModelNotFound),
])
def test_words_about_a_model_say_less_than_a_status_and_nothing_far_behind(
    status: int, message: str, expected: type[ProviderFault]
) -> None:
    assert type(classify(status, {}, json.dumps({"error": message}).encode(), provider="p")) is expected


def test_what_an_error_quotes_of_the_request_tells_nothing() -> None:
    quoted = [{"type": "missing", "loc": ["body"], "msg": "Field required", "input": "insufficient balance, 余额不足"}]
    fault = classify(422, {}, json.dumps({"detail": quoted}).encode(), provider="p")
    assert (type(fault), fault.what) == (BadRequest, "Field required")


def test_escaped_chinese_is_understood() -> None:
    body = b'{"error":{"message":"\\u4f59\\u989d\\u4e0d\\u8db3"}}'
    assert type(classify(429, {}, body, provider="p")) is QuotaExhausted


def test_a_message_is_one_short_line_without_control_characters_or_keys() -> None:
    hostile = "\x1b[2Jbad key sk-abcdefgh12345678\u202e\n" + "x" * 5000
    fault = classify(401, {}, json.dumps({"error": {"message": hostile}}).encode(), provider="p")
    assert fault.what.startswith("[2Jbad key [key] xxx")
    assert len(fault.what) == 500 and fault.what.isprintable()
    assert fault.where == "p, HTTP 401"


def test_a_web_page_is_told_by_its_title() -> None:
    body = b"<!doctype html><html><head><title>502 Bad &amp; sad</title></head><body>long</body></html>"
    assert classify(502, {}, body, provider="p").what == "502 Bad & sad"


@pytest.mark.parametrize("location, place", [
    ("https://evil.example/v1?key=1", "https://evil.example"),
    ("https://user:secret@127.0.0.1:8443/v1/chat/completions", "https://127.0.0.1:8443"),
    ("//other.example:80/v1", "other.example:80"),
    ("/v2/chat/completions", "another path"),
    ("http://[", "another place"),
    (None, "another path"),
])
def test_a_redirect_is_told_with_its_target_and_the_setting(location: str | None, place: str) -> None:
    fault = classify(307, {} if location is None else {"Location": location}, b"", provider="p")
    assert type(fault) is BadRequest
    assert fault.what == f"the server redirects us to {place}; no redirect is followed"
    assert "providers.p.base_url" in str(fault.hint)


def test_a_wrong_path_hints_at_the_base_url() -> None:
    assert "base_url" in str(classify(404, {}, b'{"detail":"Not Found"}', provider="p").hint)


def test_a_proxys_demand_for_a_password_is_told() -> None:
    assert "password" in str(classify(407, {}, b"", provider="p").hint)
