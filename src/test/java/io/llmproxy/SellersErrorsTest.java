package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.ClientErrorsTest.Caller;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeRefusals;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each provider's own errors, to the clients of each API in theirs; and gone around where another target is left. */
class SellersErrorsTest {
    private static final List<String> TYPES = List.of(
            "openai",
            "azure",
            "anthropic",
            "gemini",
            "mistral",
            "ollama",
            "cohere",
            "huggingface",
            "bedrock",
            "custom");
    private static final Set<String> OPENAIS_FORMAT = Set.of("openai", "azure", "mistral", "huggingface", "custom");
    private static final Set<String> SILENT_ABOUT_RETRIES = Set.of("ollama", "bedrock");
    private static final int[] STATUSES = {400, 404, 429, 500, 503};

    private static FakeProvider sellers;
    private static TestAppliance appliance;
    private static Http http;

    @BeforeAll
    static void start() {
        sellers = FakeProvider.start().otherwise(new FakeRefusals());
        appliance = TestAppliance.start();
        appliance.ctl("tenant", "create", "acme").value();
        TYPES.forEach(SellersErrorsTest::create);
        for (String type : TYPES) {
            for (int status : STATUSES) {
                route(type + "-" + status, type + "/fail-" + status);
            }
            route(type + "-429-around", type + "/fail-429", "openai/gpt-4o");
            route(type + "-503-around", type + "/fail-503", "openai/gpt-4o");
        }
        http = new Http(
                appliance.gateway(),
                appliance.ctl("-t", "acme", "key", "create", "dev", "-q").value());
    }

    @AfterAll
    static void stop() {
        http.close();
        appliance.close();
        sellers.close();
    }

    private static void create(String type) {
        String base = OPENAIS_FORMAT.contains(type) ? sellers.baseUrl().toString() : sellers.origin();
        List<String> args = new ArrayList<>(List.of("-t", "acme", "provider", "create", type, "--type", type));
        args.addAll(List.of("--base-url", base, "--models", "none-" + type, "--api-key-stdin"));
        if (type.equals("bedrock")) {
            args.addAll(List.of("--option", "region=us-east-1"));
        }
        String credential = type.equals("bedrock") ? "AKIDEXAMPLE:wJalrXUtnFEMIKEYEXAMPLE" : "sk-" + type;
        appliance.ctlWithInput(credential, args.toArray(String[]::new)).value();
    }

    private static void route(String name, String... targets) {
        List<String> args = new ArrayList<>(List.of("-t", "acme", "route", "create", name));
        for (String target : targets) {
            args.addAll(List.of("--target", target));
        }
        appliance.ctl(args.toArray(String[]::new)).value();
    }

    static List<String> cases() {
        List<String> cases = new ArrayList<>();
        for (String type : TYPES) {
            for (int status : STATUSES) {
                cases.add(type + " " + status);
            }
        }
        return cases;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void comeToEachClientInItsOwnForm(String which) {
        String type = which.substring(0, which.indexOf(' '));
        int status = Integer.parseInt(which.substring(type.length() + 1));
        for (Caller caller : List.of(Caller.OPENAI, Caller.ANTHROPIC, Caller.GEMINI, Caller.OLLAMA)) {
            HttpResponse<String> answer = caller.ask(http, type + "-" + status);

            caller.says(answer, status, openAis(status), anthropics(status), googles(status));
            assertThat(answer.body()).contains(FakeRefusals.MESSAGE);
            // Google tells it within the body, which goes to Google's clients as it is
            boolean asItIs = type.equals("gemini") && caller == Caller.GEMINI;
            if (status == 429 && !SILENT_ABOUT_RETRIES.contains(type) && !asItIs) {
                assertThat(answer.headers().firstValue("retry-after"))
                        .as(caller + " " + which)
                        .contains(Integer.toString(FakeRefusals.RETRY_AFTER));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 503})
    void areGoneAroundWhereAnotherTargetIsLeft(int status) {
        for (String type : TYPES) {
            HttpResponse<String> answer = Caller.OPENAI.ask(http, type + "-" + status + "-around");
            assertThat(answer.statusCode()).as(type + ": " + answer.body()).isEqualTo(200);
            assertThat(answer.headers().firstValue("x-llmproxy-provider")).contains("openai");
        }
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
            case 503 -> "overloaded_error";
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
}
