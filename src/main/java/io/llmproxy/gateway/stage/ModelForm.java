package io.llmproxy.gateway.stage;

import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.scan.ModelList.Model;
import io.llmproxy.gateway.scan.Splice;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** How the clients of an API know models. What nobody told us of a model is left out, or empty where a client needs the member. */
enum ModelForm {
    OPENAI {
        @Override
        String one(Model model) {
            return "{\"id\":" + Splice.quoted(model.id()) + ",\"object\":\"model\",\"created\":" + model.created()
                    + ",\"owned_by\":" + Splice.quoted(model.ownedBy()) + "}";
        }

        @Override
        String list(List<Model> models) {
            return "{\"object\":\"list\",\"data\":[" + all(models) + "]}";
        }
    },
    /** One page, which is all. */
    ANTHROPIC {
        @Override
        String one(Model model) {
            String id = Splice.quoted(model.id());
            return "{\"type\":\"model\",\"id\":" + id + ",\"display_name\":" + id + ",\"created_at\":\"" + time(model)
                    + "\"}";
        }

        @Override
        String list(List<Model> models) {
            String first =
                    models.isEmpty() ? "null" : Splice.quoted(models.getFirst().id());
            String last =
                    models.isEmpty() ? "null" : Splice.quoted(models.getLast().id());
            return "{\"data\":[" + all(models) + "],\"has_more\":false,\"first_id\":" + first + ",\"last_id\":" + last
                    + "}";
        }
    },
    /** One page, which is all. */
    GEMINI {
        @Override
        String one(Model model) {
            return "{\"name\":" + Splice.quoted("models/" + model.id()) + ",\"displayName\":"
                    + Splice.quoted(model.id())
                    + ",\"supportedGenerationMethods\":[\"generateContent\",\"countTokens\",\"embedContent\"]}";
        }

        @Override
        String list(List<Model> models) {
            return "{\"models\":[" + all(models) + "]}";
        }
    },
    OLLAMA {
        @Override
        String one(Model model) {
            return "{\"modelfile\":\"\",\"parameters\":\"\",\"template\":\"\",\"details\":" + DETAILS
                    + ",\"model_info\":{},\"capabilities\":[\"completion\",\"tools\"],\"modified_at\":\""
                    + time(model) + "\"}";
        }

        @Override
        String list(List<Model> models) {
            List<String> listed = new ArrayList<>(models.size());
            for (Model model : models) {
                String id = Splice.quoted(model.id());
                listed.add("{\"name\":" + id + ",\"model\":" + id + ",\"modified_at\":\"" + time(model)
                        + "\",\"size\":0,\"digest\":\"\",\"details\":" + DETAILS + "}");
            }
            return "{\"models\":[" + String.join(",", listed) + "]}";
        }
    };

    /** Of the year 9999, beyond which a time cannot be written. */
    private static final long LAST_SECOND = 253_402_300_799L;

    private static final String DETAILS = "{\"parent_model\":\"\",\"format\":\"\",\"family\":\"\",\"families\":[],"
            + "\"parameter_size\":\"\",\"quantization_level\":\"\"}";

    /** That of the client. */
    static ModelForm of(Exchange x) {
        return switch (x.api()) {
            case GEMINI -> GEMINI;
            case OLLAMA -> OLLAMA;
            case AZURE -> OPENAI;
            case V1 -> x.request().headers().contains("anthropic-version") ? ANTHROPIC : OPENAI;
        };
    }

    /** A model that is asked for by its name, as JSON. */
    abstract String one(Model model);

    /** All of them, as JSON. */
    abstract String list(List<Model> models);

    String all(List<Model> models) {
        return String.join(",", models.stream().map(this::one).toList());
    }

    private static Instant time(Model model) {
        return Instant.ofEpochSecond(Math.min(model.created(), LAST_SECOND));
    }
}
