package io.llmproxy.testing;

import io.llmproxy.testing.FakeProvider.Script;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Refuses as each API does, told apart by its path, where the model is {@code fail-STATUS}: in its own words, and saying after how many
 * seconds to come back in its own way where it has one. All else is answered as OpenAI does.
 */
public final class FakeRefusals implements Script {
    /** What every refusal says. */
    public static final String MESSAGE = "The fake does not want to.";

    /** In seconds. */
    public static final int RETRY_AFTER = 2;

    private static final Pattern MODEL = Pattern.compile("fail-([0-9]{3})");
    private static final int OVERLOADED = 529;

    private final Script otherwise = new FakeOpenAi();

    @Override
    public void play(FakeConnection c) throws IOException, InterruptedException {
        Matcher model = MODEL.matcher(c.request().path() + c.request().text());
        if (model.find()) {
            refuse(c, Integer.parseInt(model.group(1)));
        } else {
            otherwise.play(c);
        }
    }

    private static void refuse(FakeConnection c, int status) throws IOException {
        String path = c.request().path();
        if (path.endsWith("/messages")) {
            told(
                    c,
                    status,
                    "{\"type\":\"error\",\"error\":{\"type\":\"" + anthropics(status) + "\",\"message\":\"" + MESSAGE
                            + "\"},\"request_id\":\"req_1\"}");
        } else if (path.contains(":generateContent") || path.contains(":streamGenerateContent")) {
            String retry = status == 429
                    ? ",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\""
                            + RETRY_AFTER + "s\"}]"
                    : "";
            answer(
                    c,
                    status,
                    "{\"error\":{\"code\":" + status + ",\"message\":\"" + MESSAGE + "\",\"status\":\""
                            + googles(status) + "\"" + retry + "}}");
        } else if (path.equals("/api/chat")) {
            answer(c, status, "{\"error\":\"" + MESSAGE + "\"}");
        } else if (path.equals("/v2/chat")) {
            told(c, status, "{\"id\":\"e1\",\"message\":\"" + MESSAGE + "\"}");
        } else if (path.contains("/converse")) {
            c.answer(
                    status,
                    bytes("{\"message\":\"" + MESSAGE + "\"}"),
                    "Content-Type",
                    "application/json",
                    "x-amzn-ErrorType",
                    amazons(status));
        } else {
            told(
                    c,
                    status,
                    "{\"error\":{\"message\":\"" + MESSAGE + "\",\"type\":\"" + openAis(status)
                            + "\",\"param\":null,\"code\":null}}");
        }
    }

    /** With the field that says when to come back. */
    private static void told(FakeConnection c, int status, String body) throws IOException {
        if (status == 429) {
            c.answer(
                    status,
                    bytes(body),
                    "Content-Type",
                    "application/json",
                    "Retry-After",
                    Integer.toString(RETRY_AFTER));
        } else {
            answer(c, status, body);
        }
    }

    private static void answer(FakeConnection c, int status, String body) throws IOException {
        c.answer(status, bytes(body), "Content-Type", "application/json");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String openAis(int status) {
        return switch (status) {
            case 404 -> "not_found_error";
            case 429 -> "rate_limit_error";
            default -> status >= 500 ? "server_error" : "invalid_request_error";
        };
    }

    private static String anthropics(int status) {
        return switch (status) {
            case 404 -> "not_found_error";
            case 429 -> "rate_limit_error";
            case 503, OVERLOADED -> "overloaded_error";
            default -> status >= 500 ? "api_error" : "invalid_request_error";
        };
    }

    private static String googles(int status) {
        return switch (status) {
            case 404 -> "NOT_FOUND";
            case 429 -> "RESOURCE_EXHAUSTED";
            case 503 -> "UNAVAILABLE";
            default -> status >= 500 ? "INTERNAL" : "INVALID_ARGUMENT";
        };
    }

    private static String amazons(int status) {
        return switch (status) {
            case 404 -> "ResourceNotFoundException";
            case 429 -> "ThrottlingException";
            case 503 -> "ServiceUnavailableException";
            default -> status >= 500 ? "InternalServerException" : "ValidationException";
        };
    }
}
