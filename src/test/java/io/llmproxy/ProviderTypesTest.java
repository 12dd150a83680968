package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.Glob;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.model.ProviderApi;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.model.ProviderOptions;
import io.llmproxy.domain.model.Quirk;
import io.llmproxy.testing.WrittenPart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The types of provider are one table in the code; what the manual, the API's description and the command line say of it is held against
 * it. With {@code -Dgolden.write=true} the manual's table is written anew.
 */
class ProviderTypesTest {
    private static final Path PAGE = Path.of("docs/providers.md");
    private static final String BEGIN = "<!-- types: written by ProviderTypesTest -->\n";
    private static final String END = "<!-- end of types -->";

    private static String table() {
        StringBuilder out = new StringBuilder(
                "| type | base URL unless given | credential | models of its own | besides |\n|---|---|---|---|---|\n");
        for (ProviderKind kind : ProviderKind.values()) {
            String url = kind.defaultBaseUrl();
            out.append("| `").append(kind.word()).append("` | ");
            out.append(url == null ? "none: name one" : "`" + url + "`").append(" | ");
            out.append(kind.needsCredential() ? "needed" : "as the server wants it")
                    .append(" | ");
            out.append(kind.ownModels().stream().map(m -> "`" + m + "`").collect(Collectors.joining(", ")));
            out.append(" | ").append(besides(kind)).append(" |\n");
        }
        return out.toString();
    }

    private static String besides(ProviderKind kind) {
        List<String> said = Arrays.stream(Quirk.values())
                .filter(kind::has)
                .map(ProviderTypesTest::said)
                .toList();
        return said.isEmpty() ? "" : String.join(", ", said);
    }

    private static String said(Quirk quirk) {
        return switch (quirk) {
            case TELLS_USAGE_UNASKED -> "tells the usage of streams unasked";
            case NEW_TOKEN_BOUND -> "`max_completion_tokens`";
            case TOP_K -> "`top_k`";
            case SIGNED_THOUGHTS -> "`reasoning_details`";
            case KNOWN_FIELDS_ONLY -> "refuses fields that it does not know";
            case RANDOM_SEED -> "`random_seed`";
            case SHORT_CALL_IDS -> "calls have ids of 9 characters";
            case DOCUMENTS_BY_URL -> "`document_url`";
            case NO_TOOLS -> "no tools";
            case NO_SCHEMA -> "no JSON by schema";
            case NO_MODEL_LIST -> "gives no list of models";
            case NO_RESPONSES -> "no `/v1/responses`";
            case OUTPUT_DIMENSION -> "`output_dimension`";
        };
    }

    @Test
    void theManualSaysWhatTheTableDoes() throws IOException {
        WrittenPart.check(PAGE, BEGIN, END, table());
    }

    @Test
    void theApisDescriptionNamesThemAll() throws IOException {
        JsonNode api =
                JsonMapper.builder().build().readTree(Files.readString(Path.of("src/main/resources/openapi.json")));
        List<String> words =
                Arrays.stream(ProviderKind.values()).map(ProviderKind::word).toList();
        List<List<String>> named = api.findValues("enum").stream()
                .map(list -> list.valueStream().map(n -> n.asString("")).toList())
                .filter(list -> list.contains("simulated"))
                .toList();

        assertThat(named).hasSize(2).allSatisfy(list -> assertThat(list).containsExactlyInAnyOrderElementsOf(words));
    }

    @Test
    void theCommandLineNamesThemAll() throws IOException {
        String help = Files.readString(Path.of("cli/src/main/java/io/llmproxy/cli/ProviderCommands.java"));

        assertThat(Arrays.stream(ProviderKind.values()).map(ProviderKind::word))
                .allSatisfy(word -> assertThat(help).containsPattern("[ \"]" + word + "[,;\"]"));
    }

    @Test
    void anUnknownTypeIsRefusedWithTheListOfAll() {
        assertThatThrownBy(() -> ProviderKind.parse("grok"))
                .isInstanceOf(InvalidValueException.class)
                .hasMessageContaining("xai")
                .hasMessageContaining("azure");
        assertThat(ProviderKind.parse("Groq")).isEqualTo(ProviderKind.GROQ);
    }

    /** Of what the price list knows a seller's own are all of its models, and no other's. */
    @Test
    void ownModelsAreThoseOfOneSellerAlone() throws IOException {
        Map<String, List<String>> sold = BundledPrices.read().prices().stream()
                .map(price -> price.row().scope())
                .filter(scope -> scope.type() != null && scope.model().exact())
                .collect(Collectors.groupingBy(
                        scope -> Objects.requireNonNull(scope.type()),
                        Collectors.mapping(scope -> scope.model().pattern(), Collectors.toList())));
        for (ProviderKind kind : ProviderKind.values()) {
            List<Glob> own = kind.ownModels().stream().map(Glob::new).toList();
            sold.forEach((type, models) -> assertThat(models)
                    .as(type + " and the models of " + kind.word())
                    .allSatisfy(model -> assertThat(own.stream().anyMatch(glob -> glob.matches(model)))
                            .as(model)
                            .isEqualTo(!own.isEmpty() && type.equals(kind.word()))));
            assertThat(kind.knownModels()).allMatch(model -> own.stream().anyMatch(glob -> glob.matches(model)));
        }
        assertThat(sold).containsKeys("anthropic", "gemini", "deepseek", "xai", "fireworks");
    }

    @Test
    void presetsSpeakOpenAisFormatAndEndAsItsBaseUrlsDo() {
        for (ProviderKind kind : ProviderKind.values()) {
            String url = kind.defaultBaseUrl();
            if (kind.api() == ProviderApi.OPENAI && url != null && kind != ProviderKind.PERPLEXITY) {
                assertThat(url).as(kind.word()).endsWith("/v1");
            }
        }
    }

    @Test
    void optionsAreOfTheirTypesAlone() {
        ProviderOptions region = new ProviderOptions(Map.of("region", "eu-west-1"));
        ProviderOptions path = new ProviderOptions(Map.of("/chat/completions", "/llm/{model}"));

        region.check(ProviderKind.BEDROCK);
        path.check(ProviderKind.CUSTOM);
        assertThat(region.baseUrl(ProviderKind.BEDROCK)).isEqualTo("https://bedrock-runtime.eu-west-1.amazonaws.com");
        assertThatThrownBy(() -> region.check(ProviderKind.GROQ)).hasMessageContaining("it has none");
        assertThatThrownBy(() -> path.check(ProviderKind.OPENAI)).isInstanceOf(InvalidValueException.class);
        assertThatThrownBy(() -> new ProviderOptions(Map.of("/x", "y")).check(ProviderKind.CUSTOM))
                .hasMessageContaining("must begin with a slash");
        assertThatThrownBy(() -> new ProviderOptions(Map.of("region", ""))).isInstanceOf(InvalidValueException.class);
    }
}
