package io.llmproxy.cli;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * A price list as the server takes it, made of what others publish: LiteLLM's map (USD for one token) and models.dev's api.json (USD
 * for a million). Its prices are decimals all the way; what is finer than a millionth of a USD for a million tokens is rounded, half up,
 * and said to be. What the server's list has no word for, such as prices that rise with the prompt's length, is left out.
 *
 * @param note what was left out or rounded; empty: nothing
 */
record PriceFile(String list, int rows, String note) {
    static final String OWN = "llmproxy";
    static final String LITELLM = "litellm";
    static final String MODELS_DEV = "models.dev";
    static final String[] FORMATS = {OWN, LITELLM, MODELS_DEV};

    /** What they call a seller whom the server calls otherwise. */
    private static final Map<String, String> TYPES = Map.ofEntries(
            Map.entry("google", "gemini"),
            Map.entry("amazon-bedrock", "bedrock"),
            Map.entry("bedrock-converse", "bedrock"),
            Map.entry("fireworks-ai", "fireworks"),
            Map.entry("moonshotai", "moonshot"),
            Map.entry("togetherai", "together"),
            Map.entry("together-ai", "together"),
            Map.entry("cohere-chat", "cohere"),
            Map.entry("text-completion-openai", "openai"),
            Map.entry("text-completion-codestral", "mistral"),
            Map.entry("codestral", "mistral"),
            Map.entry("dashscope", "alibaba"),
            Map.entry("azure-text", "azure"));

    /** LiteLLM's kinds of models whose cost is that of their tokens. */
    private static final Set<String> MODES =
            Set.of("", "chat", "completion", "responses", "embedding", "moderation", "audio_transcription");

    private static final Map<String, String> LITELLM_PRICES = fields(
            "input=input_cost_per_token",
            "output=output_cost_per_token",
            "cache-read=cache_read_input_token_cost",
            "cache-write=cache_creation_input_token_cost",
            "reasoning=output_cost_per_reasoning_token",
            "audio-input=input_cost_per_audio_token",
            "audio-output=output_cost_per_audio_token");
    private static final Map<String, String> MODELS_DEV_PRICES = fields(
            "input=input",
            "output=output",
            "cache-read=cache_read",
            "cache-write=cache_write",
            "reasoning=reasoning",
            "audio-input=input_audio",
            "audio-output=output_audio");
    private static final List<String> COLUMNS = List.of(
            "type",
            "model",
            "input",
            "output",
            "cache-read",
            "cache-write",
            "reasoning",
            "audio-input",
            "audio-output",
            "context",
            "max-output");
    /** A price that stands in quotes. */
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,30}(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?");

    private static final int PLACES = 6;
    private static final int EXAMPLES = 5;
    private static final BigDecimal MOST = BigDecimal.valueOf(1_000_000);

    private static Map<String, String> fields(String... pairs) {
        Map<String, String> fields = new LinkedHashMap<>();
        for (String pair : pairs) {
            fields.put(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1));
        }
        return fields;
    }

    /**
     * @param format one of {@link #FORMATS}; null: guessed
     * @param only the types that are wanted; empty: all
     * @param free whether rows that say 0 throughout are taken
     * @throws CliException where it is no such list
     */
    static PriceFile read(byte[] bytes, @Nullable String format, Set<String> only, boolean free) {
        String text = utf8(bytes);
        boolean json = text.stripLeading().startsWith("{");
        if (OWN.equals(format) || format == null && !json) {
            if (!only.isEmpty() || free) {
                throw CliException.usage("--only and --free are for lists of LiteLLM and models.dev");
            }
            return new PriceFile(text, (int) text.lines().count(), "");
        }
        JsonNode root = json(bytes);
        boolean modelsDev = format == null ? looksLikeModelsDev(root) : format.equals(MODELS_DEV);
        Rows rows = new Rows(only, free);
        if (modelsDev) {
            modelsDev(root, rows);
        } else {
            liteLlm(root, rows);
        }
        return rows.file();
    }

    private static String utf8(byte[] bytes) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            return text.startsWith("\uFEFF") ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            throw CliException.usage("the list is not UTF-8 text");
        }
    }

    private static JsonNode json(byte[] bytes) {
        try {
            JsonNode root = Json.parse(bytes);
            if (root.isObject()) {
                return root;
            }
        } catch (JacksonException e) {
            throw CliException.usage("the list is not well-formed JSON: " + e.getOriginalMessage());
        }
        throw CliException.usage("the list is neither LiteLLM's map nor models.dev's api.json");
    }

    private static boolean looksLikeModelsDev(JsonNode root) {
        return root.properties().stream()
                .anyMatch(entry -> entry.getValue().path("models").isObject());
    }

    private static void modelsDev(JsonNode root, Rows rows) {
        for (Map.Entry<String, JsonNode> seller : root.properties()) {
            for (Map.Entry<String, JsonNode> model :
                    seller.getValue().path("models").properties()) {
                JsonNode limit = model.getValue().path("limit");
                rows.add(
                        type(seller.getKey()),
                        model.getKey(),
                        prices(model.getValue().path("cost"), MODELS_DEV_PRICES, 0, rows),
                        limit.path("context"),
                        limit.path("output"));
            }
        }
    }

    private static void liteLlm(JsonNode root, Rows rows) {
        for (Map.Entry<String, JsonNode> entry : root.properties()) {
            JsonNode model = entry.getValue();
            String seller = Json.text(model.path("litellm_provider"));
            if (entry.getKey().equals("sample_spec") || seller.isEmpty()) {
                continue;
            }
            if (!MODES.contains(Json.text(model.path("mode")))) {
                rows.skipped++;
                continue;
            }
            List<String> names = new ArrayList<>(List.of(entry.getKey()));
            model.path("aliases").values().forEach(alias -> names.add(Json.text(alias)));
            for (String name : names) {
                rows.add(
                        type(seller),
                        plain(name, seller),
                        prices(model, LITELLM_PRICES, PLACES, rows),
                        model.path("max_input_tokens"),
                        model.path("max_output_tokens"));
            }
        }
    }

    /** Without the seller before it; a fine-tuned model's own name goes on where LiteLLM's ends. */
    private static String plain(String name, String seller) {
        String model = name.startsWith(seller + "/") ? name.substring(seller.length() + 1) : name;
        return model.startsWith("ft:") ? model + ":*" : model;
    }

    private static String type(String seller) {
        String word = seller.toLowerCase(Locale.ROOT).replace('_', '-').replace('.', '-');
        return TYPES.getOrDefault(word, word);
    }

    /** @param shift how many places the point moves to the right, from the registry's unit to a million tokens */
    private static Prices prices(JsonNode node, Map<String, String> fields, int shift, Rows rows) {
        Map<String, BigDecimal> prices = new LinkedHashMap<>();
        for (Map.Entry<String, String> field : fields.entrySet()) {
            JsonNode value = node.path(field.getValue());
            if (value.isMissingNode() || value.isNull()) {
                continue;
            }
            BigDecimal number = number(value);
            BigDecimal exact = number == null ? null : number.movePointRight(shift);
            if (exact == null || exact.signum() < 0 || exact.compareTo(MOST) > 0) {
                return new Prices(prices, field.getValue());
            }
            BigDecimal kept = exact.setScale(PLACES, RoundingMode.HALF_UP);
            rows.rounded += exact.compareTo(kept) == 0 ? 0 : 1;
            prices.put(field.getKey(), kept);
        }
        return new Prices(prices, null);
    }

    /** Some write numbers as texts; 1e-999999999 is none, since to round it takes hours. */
    private static @Nullable BigDecimal number(JsonNode value) {
        String text = value.isString() ? value.stringValue() : "";
        if (!value.isNumber() && !NUMBER.matcher(text).matches()) {
            return null;
        }
        BigDecimal number = value.isNumber() ? value.decimalValue() : new BigDecimal(text);
        return Json.sensible(number) ? number : null;
    }

    /**
     * What a row says.
     *
     * @param wrong the field whose value can be no price, without which the row would price a model by half; null: none
     */
    private record Prices(
            Map<String, BigDecimal> amounts, @Nullable String wrong) {}

    /** The rows that are taken, and how many are not. */
    private static final class Rows {
        private final Set<String> only;
        private final boolean free;
        private final Map<String, String> lines = new LinkedHashMap<>();
        private final List<String> wrong = new ArrayList<>();
        private int skipped;
        private int zero;
        private int rounded;

        Rows(Set<String> only, boolean free) {
            this.only = only;
            this.free = free;
        }

        void add(String type, String model, Prices row, JsonNode context, JsonNode maxOutput) {
            if (!only.isEmpty() && !only.contains(type)) {
                return;
            }
            Map<String, BigDecimal> prices = row.amounts();
            if (row.wrong() != null) {
                wrong.add(model + " (" + row.wrong() + ")");
            } else if (!usable(type, model, prices)) {
                skipped++;
            } else if (!free && prices.values().stream().allMatch(price -> price.signum() == 0)) {
                zero++;
            } else {
                lines.putIfAbsent(type + "," + model, line(type, model, prices, context, maxOutput));
            }
        }

        private static boolean usable(String type, String model, Map<String, BigDecimal> prices) {
            boolean names = type.matches("[a-z0-9][a-z0-9-]{0,62}")
                    && !model.isBlank()
                    && model.length() <= 256
                    && model.chars().noneMatch(c -> c == ',' || c < ' ' || c == 127)
                    && !model.startsWith("#");
            return names && prices.containsKey("input");
        }

        private static String line(
                String type, String model, Map<String, BigDecimal> prices, JsonNode context, JsonNode maxOutput) {
            StringBuilder line = new StringBuilder(type).append(',').append(model);
            for (String column : COLUMNS.subList(2, COLUMNS.size() - 2)) {
                BigDecimal price = prices.get(column);
                line.append(',')
                        .append(price == null ? "" : price.stripTrailingZeros().toPlainString());
            }
            return line.append(',')
                    .append(size(context))
                    .append(',')
                    .append(size(maxOutput))
                    .toString();
        }

        private static String size(JsonNode tokens) {
            long size = tokens.isIntegralNumber() ? tokens.asLong(0) : 0;
            return size > 0 && size <= 1_000_000_000 ? Long.toString(size) : "";
        }

        PriceFile file() {
            if (lines.isEmpty()) {
                throw CliException.usage(
                        "the list has no price that could be taken" + (note().isEmpty() ? "" : ": " + note()));
            }
            StringBuilder list = new StringBuilder(String.join(",", COLUMNS)).append('\n');
            lines.values().forEach(line -> list.append(line).append('\n'));
            return new PriceFile(list.toString(), lines.size(), note());
        }

        private String note() {
            List<String> notes = new ArrayList<>();
            if (skipped > 0) {
                notes.add(skipped + " rows have no price for tokens and were left out");
            }
            if (!wrong.isEmpty()) {
                notes.add(wrong.size()
                        + " rows have a price that is negative, too high, too small or no number and were left out: "
                        + Text.printable(String.join(", ", wrong.subList(0, Math.min(EXAMPLES, wrong.size()))))
                        + (wrong.size() > EXAMPLES ? " and others" : ""));
            }
            if (zero > 0) {
                notes.add(zero + " rows say 0 and were left out; --free takes them");
            }
            if (rounded > 0) {
                notes.add(rounded + " prices were rounded to " + PLACES + " places");
            }
            return String.join("; ", notes);
        }
    }
}
