package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.TestAppliance.Ctl;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Prices as an operator sets them and a client meets them; every chat of the upstream tells 7 + 3 tokens. */
class PricesTest {
    private static FakeProvider upstream;
    private static TestAppliance appliance;
    private static Http http;

    @TempDir
    Path directory;

    @BeforeAll
    static void start() {
        upstream = FakeProvider.start();
        appliance = TestAppliance.builder()
                .set("gateway.cost-header", "true")
                .set("pricing.unknown", "deny")
                .start();
        http = new Http(appliance.gateway(), appliance.tenantWithKey("acme", upstream.baseUrl()));
    }

    @AfterAll
    static void stop() {
        http.close();
        appliance.close();
        upstream.close();
    }

    private static Ctl price(String... args) {
        String[] all = new String[args.length + 3];
        all[0] = "-t";
        all[1] = "acme";
        all[2] = "price";
        System.arraycopy(args, 0, all, 3, args.length);
        return appliance.ctl(all);
    }

    private static HttpResponse<String> chat(String model) {
        return http.post("/v1/chat/completions", Http.CHAT.replace("gpt-4o", model));
    }

    private static String cost(HttpResponse<String> answer) {
        return answer.headers().firstValue("x-llmproxy-cost").orElse("none");
    }

    @Test
    void theCatalogueHoldsUntilAPriceIsSetAndAgainWhenItIsDeleted() {
        // 7 * 0.4 + 3 * 1.6
        assertThat(cost(chat("gpt-4.1-mini"))).isEqualTo("0.0000076");
        assertThat(price("show", "gpt-4.1-mini", "-o", "json").value())
                .contains("\"origin\": \"catalogue\"")
                .contains("\"input\": \"0.4\"");

        String all = appliance
                .ctl("price", "set", "gpt-4.1-mini", "--shared", "--input", "1", "--output", "1", "-q")
                .value();
        assertThat(cost(chat("gpt-4.1-mini"))).isEqualTo("0.00001");
        String own = price("set", "gpt-4.1-*", "--provider", "up", "--input", "2", "--output", "2", "-q")
                .value();
        assertThat(cost(chat("gpt-4.1-mini"))).isEqualTo("0.00002");
        assertThat(price("show", "gpt-4.1-mini", "-o", "json").value())
                .contains("\"origin\": \"tenant\"")
                .contains(own);
        assertThat(price("show", own, "-o", "json").value()).contains("\"provider\": \"up\"");
        assertThat(price("list", "-o", "name").value()).contains("gpt-4.1-*");

        price("delete", own, "--yes").value();
        assertThat(cost(chat("gpt-4.1-mini"))).isEqualTo("0.00001");
        appliance.ctl("price", "delete", all, "--shared", "--yes").value();
        assertThat(cost(chat("gpt-4.1-mini"))).isEqualTo("0.0000076");
        assertThat(price("show", own).code()).isEqualTo(4);
    }

    @Test
    void aPriceAtAProviderThatIsNotThereIsSetAndSaidToHoldNobody() {
        Ctl misspelt = price("set", "m", "--provider", "uup", "--input", "1", "--output", "1");
        assertThat(misspelt.value()).contains("price of m set");
        assertThat(misspelt.err()).contains("has no provider uup");
        assertThat(price("set", "m", "--provider", "up", "--input", "1", "--output", "1")
                        .err())
                .isEmpty();
        assertThat(price("set", "m", "--provider", "uup", "--input", "1", "--output", "1", "-q")
                        .err())
                .isEmpty();
    }

    @Test
    void aPriceOfTheFutureWaits() {
        price("set", "future-model", "--input", "1", "--output", "1", "--valid-from", "2099-01-01")
                .value();
        assertThat(chat("future-model").statusCode()).isEqualTo(403);
        assertThat(price("show", "future-model").code()).isEqualTo(4);
        assertThat(price("show", "future-model", "--at", "2099-01-01", "-o", "name")
                        .value())
                .isEqualTo("future-model");
    }

    @Test
    void aModelWithoutAPriceIsRefusedWhereTheOperatorSaysSo() {
        HttpResponse<String> answer = chat("nobody-knows");
        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(answer.body()).contains("model_not_priced").contains("nobody-knows");
        Ctl shown = price("show", "nobody-knows");
        assertThat(shown.code()).isEqualTo(4);
        assertThat(shown.err()).contains("price set");
    }

    @Test
    void aListIsImportedAsAWholeAfterADryRun() throws IOException {
        Path list = Files.writeString(directory.resolve("prices.csv"), """
                model,input,output
                listed-a,1,2
                listed-b,3,4
                """);
        Ctl dry = price("import", list.toString(), "--dry-run");
        assertThat(dry.value()).contains("listed-a").contains("would be 2 added, 0 changed; 0 unchanged");
        assertThat(chat("listed-a").statusCode()).isEqualTo(403);
        assertThat(price("import", list.toString()).value()).isEqualTo("2 added, 0 changed; 0 unchanged");
        assertThat(chat("listed-a").statusCode()).isEqualTo(200);
        Ctl again = price("import", list.toString(), "-o", "json");
        assertThat(again.value()).contains("\"unchanged\": 2");

        Ctl broken = appliance.ctlWithInput(
                "model,input\nlisted-c,1\nlisted-d,much\n", "-t", "acme", "price", "import", "-");
        assertThat(broken.code()).isEqualTo(1);
        assertThat(broken.err()).contains("line 3: input: must be an amount in USD");
        assertThat(chat("listed-c").statusCode()).isEqualTo(403);
    }

    @Test
    void listsOfLiteLlmAreTaken() throws IOException {
        Path map = Files.writeString(directory.resolve("map.json"), """
                {"lite": {"litellm_provider": "openai", "mode": "chat",
                          "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06}}
                """);
        assertThat(appliance
                        .ctl("price", "import", map.toString(), "--shared", "--only", "openai")
                        .value())
                .isEqualTo("1 added, 0 changed; 0 unchanged");
        assertThat(cost(chat("lite"))).isEqualTo("0.000013");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "set x --input -1|1|input: must be an amount in USD",
                "set x --input 1e9|1|input: must be an amount in USD",
                "set x --input 1e999999999|1|input: must be an amount in USD",
                "set x --per-request 1e-999999999|1|perRequest: must be an amount in USD",
                "set x --input 0.0000001|1|input: must have at most 6 decimal places",
                "set x|1|tells neither a price nor a size",
                "set x --input 1 --provider up --type openai|1|not for both",
                "set x --input 1 --max-output -5|2|--max-output: no whole number",
                "set x --input 1 --max-output 0|1|maxOutputTokens: must be from 1",
                "set x --input 1 --valid-from soon|2|--valid-from: no time such as",
                "show gpt-4o --provider nobody|4|no provider `nobody`",
                "delete no-uuid --yes|4|no price `no-uuid`",
                "delete 0197c1a0-0000-7000-8000-000000000001|2|say --yes",
                "import no-such-file.csv|2|there is no file no-such-file.csv"
            })
    void wrongPricesAreRefusedWithAReason(String line, int code, String said) {
        Ctl ctl = price(line.split(" "));
        assertThat(ctl.code()).as(ctl.err()).isEqualTo(code);
        assertThat(ctl.err()).contains(said);
    }

    /** Each API by the name that its bound has: by another one the request would be taken to generate 4,096 tokens. */
    @ParameterizedTest
    @ValueSource(strings = {"/v1/responses", "/v1/chat/completions"})
    void aDescribedRequestMayCostWhatItsBoundSays(String path) {
        price("set", "described", "--input", "0", "--output", "1000").value();
        assertThat(appliance
                        .ctl("-t", "acme", "explain", "--path", path, "--model", "described", "--max-tokens", "7")
                        .value())
                .contains("at most 0.007 USD, by its estimated input and the bound of its output");
    }

    @Test
    void theCatalogueCanBeRead() {
        assertThat(appliance.ctl("price", "list", "--catalogue", "-o", "csv").value())
                .contains("openai,,gpt-4o,2024-05-13T00:00:00Z,2.5,10,1.25");
    }
}
