package io.llmproxy.gateway.stage;

import io.llmproxy.gateway.Api;
import io.llmproxy.gateway.Ask;
import io.llmproxy.gateway.Ask.ModelValue;
import io.llmproxy.gateway.ClientPath;
import io.llmproxy.gateway.GoogleVerb;
import io.llmproxy.gateway.Refusals;
import io.llmproxy.gateway.scan.JsonRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What a request asks for where not only its body says it: the path names the model, or the API has defaults of its own. */
final class PathAsk {
    private static final String GOOGLES = "models/";

    private PathAsk() {}

    /** Of a JSON body. */
    static Ask of(Ask body, JsonRequest request, ClientPath path) {
        return switch (path.api()) {
            case V1 -> body;
            case OLLAMA -> ollamas(body, request, path);
            case GEMINI -> googles(body, request, path);
            case AZURE -> azures(body, request, path.model());
        };
    }

    /** Of a form, whose parts Azure does not want to name the model: where none does, one comes before the others. */
    static Ask of(Ask body, String boundary, ClientPath path) {
        String model = path.model();
        if (path.api() != Api.AZURE || model == null) {
            return body;
        }
        ModelValue written = body.modelValue();
        ModelValue value = written == null ? new ModelValue(0, 0, part(boundary)) : written;
        return with(body, model, value, List.of(), !model.equals(body.model()), false);
    }

    private static UnaryOperator<String> part(String boundary) {
        return model -> "--" + boundary + "\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n" + model + "\r\n";
    }

    /** Ollama streams unless it is told not to. */
    private static Ask ollamas(Ask body, JsonRequest request, ClientPath path) {
        boolean generates =
                path.path().startsWith("/v1/api/chat") || path.path().startsWith("/v1/api/generate");
        boolean stream = generates && (request.stream() || !request.streamSaid());
        return with(body, body.model(), body.modelValue(), List.of(), false, stream);
    }

    /** The path's model counts at Azure, whatever the body says; others read the body. */
    private static Ask azures(Ask body, JsonRequest request, @Nullable String model) {
        if (model == null) {
            return body;
        }
        ModelValue written = body.modelValue();
        ModelValue value = written == null
                ? new ModelValue(request.firstMember(), 0, request.empty() ? ModelValue.ONLY_MEMBER : ModelValue.MEMBER)
                : written;
        return with(body, model, value, List.of(), !model.equals(body.model()), body.stream());
    }

    private static Ask googles(Ask body, JsonRequest request, ClientPath path) {
        String model = path.model();
        List<ModelValue> values = new ArrayList<>();
        same(body.model(), model);
        if (body.modelValue() != null) {
            values.add(googles(body.modelValue().offset(), body.modelValue().length()));
        }
        for (int i = 0; i < request.innerModels().size(); i++) {
            same(request.innerModelTexts().get(i), model);
            JsonRequest.Span span = request.innerModels().get(i);
            values.add(googles(span.start(), span.length()));
        }
        boolean stream = GoogleVerb.ofPath(path.path()) == GoogleVerb.STREAM;
        ModelValue first = values.isEmpty() ? null : values.getFirst();
        List<ModelValue> more = values.size() < 2 ? List.of() : List.copyOf(values.subList(1, values.size()));
        return with(body, model, first, more, false, stream);
    }

    private static ModelValue googles(long offset, int length) {
        return new ModelValue(offset, length, ModelValue.GOOGLES);
    }

    private static void same(@Nullable String said, @Nullable String model) {
        String name = said != null && said.startsWith(GOOGLES) ? said.substring(GOOGLES.length()) : said;
        if (name != null && !Objects.equals(name, model)) {
            throw Refusals.invalid("The body names another model than the path.", "model");
        }
    }

    private static Ask with(
            Ask body,
            @Nullable String model,
            @Nullable ModelValue value,
            List<ModelValue> more,
            boolean unsaid,
            boolean stream) {
        return new Ask(
                model,
                value,
                more,
                unsaid,
                stream,
                body.maxTokens(),
                body.choices(),
                body.user(),
                body.usageInStream(),
                body.plainCallIds(),
                body.store(),
                body.references(),
                body.plainChat(),
                body.images(),
                body.tools());
    }
}
