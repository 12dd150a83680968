package io.llmproxy.gateway;

import io.llmproxy.domain.object.ObjectKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a method and a path mean.
 *
 * @param template the path without its variable parts, for the ledger
 * @param body what a POST carries
 * @param model whether it must name a model
 * @param objects what providers store that the path is about; null: nothing that is known to be stored
 */
public record Endpoint(
        Kind kind,
        String template,
        BodyKind body,
        Model model,
        @Nullable ObjectKind objects) {
    /** How the gateway serves it. */
    public enum Kind {
        /** Sent to the provider of its model, or to the default one. */
        RELAY,
        /** The list of models, answered here. */
        MODELS,
        /** A model by its name, in the path or, as Ollama's clients have it, in the body. */
        ONE_MODEL,
        /** The version of the API, answered here. */
        VERSION,
        /** Anything, to the provider that the path names. */
        PASSTHROUGH,
        /** Nothing that the gateway serves. */
        UNKNOWN
    }

    /** What the body is. */
    public enum BodyKind {
        /** JSON whatever its Content-Type says, unless that says multipart. */
        JSON,
        /** What its Content-Type says. */
        DECLARED
    }

    /** Whether requests name a model. */
    public enum Model {
        REQUIRED,
        /** It may be left out; the provider then takes its own default. */
        OPTIONAL,
        /** Not about models. */
        NONE
    }

    private static final Endpoint NOWHERE = new Endpoint(Kind.UNKNOWN, "unknown", BodyKind.DECLARED, Model.NONE, null);
    private static final String ANYTHING = "/v1/*";
    private static final String OLLAMAS = "/v1/api/";
    private static final Endpoint OTHER = relay(ANYTHING, BodyKind.DECLARED, Model.NONE);
    /** May generate something, of a model that is told in a way that the gateway does not know. */
    private static final Endpoint OTHER_POST = relay(ANYTHING, BodyKind.DECLARED, Model.OPTIONAL);

    private static final Endpoint PASS =
            new Endpoint(Kind.PASSTHROUGH, "/p/{provider}/*", BodyKind.DECLARED, Model.NONE, null);

    /** Those that generate something; POST alone is special, other methods are about stored objects. */
    private static final List<Endpoint> GENERATING = List.of(
            relay("/v1/chat/completions", BodyKind.JSON, Model.REQUIRED, ObjectKind.COMPLETION),
            relay("/v1/completions", BodyKind.JSON, Model.REQUIRED),
            relay("/v1/embeddings", BodyKind.JSON, Model.REQUIRED),
            relay("/v1/responses", BodyKind.JSON, Model.OPTIONAL, ObjectKind.RESPONSE),
            relay("/v1/responses/input_tokens", BodyKind.JSON, Model.OPTIONAL),
            relay("/v1/responses/compact", BodyKind.JSON, Model.OPTIONAL),
            relay("/v1/moderations", BodyKind.JSON, Model.OPTIONAL),
            relay("/v1/images/generations", BodyKind.JSON, Model.OPTIONAL),
            relay("/v1/images/edits", BodyKind.DECLARED, Model.OPTIONAL),
            relay("/v1/images/variations", BodyKind.DECLARED, Model.OPTIONAL),
            relay("/v1/audio/speech", BodyKind.JSON, Model.REQUIRED),
            relay("/v1/audio/transcriptions", BodyKind.DECLARED, Model.REQUIRED),
            relay("/v1/audio/translations", BodyKind.DECLARED, Model.REQUIRED),
            relay("/v1/fine_tuning/jobs", BodyKind.JSON, Model.OPTIONAL, ObjectKind.FINE_TUNING),
            relay("/v1/videos", BodyKind.DECLARED, Model.OPTIONAL, ObjectKind.VIDEO),
            relay("/v1/messages", BodyKind.JSON, Model.REQUIRED),
            relay("/v1/messages/count_tokens", BodyKind.JSON, Model.REQUIRED),
            relay("/v1/fim/completions", BodyKind.DECLARED, Model.OPTIONAL),
            relay("/v1/rerank", BodyKind.DECLARED, Model.OPTIONAL),
            relay("/v1/score", BodyKind.DECLARED, Model.OPTIONAL),
            relay("/v1/classify", BodyKind.DECLARED, Model.OPTIONAL),
            relay("/v1/pooling", BodyKind.DECLARED, Model.OPTIONAL),
            relay("/v1/ocr", BodyKind.DECLARED, Model.OPTIONAL));

    /** Those whose good answers are JSON or a stream of it, beside all of Gemini's and Ollama's. */
    private static final Set<String> JSON_ANSWERS = Set.of(
            "/v1/chat/completions",
            "/v1/completions",
            "/v1/embeddings",
            "/v1/responses",
            "/v1/messages",
            "/v1/messages/count_tokens");

    private static final List<Endpoint> STORED = stored();

    /** What a client's path means, whosever API it is of. */
    public static Endpoint ofClient(String method, String path) {
        return of(method, ClientPath.plain(path));
    }

    /**
     * A slash at the end makes no difference: many servers ignore it, so it must not hide what is asked for.
     *
     * @param path as {@link ClientPath} has it
     */
    public static Endpoint of(String method, String path) {
        if (path.startsWith("/p/") && path.length() > 3) {
            return PASS;
        }
        if (!path.startsWith("/v1/") || path.length() == 4) {
            return NOWHERE;
        }
        return below(method, path.endsWith("/") ? path.substring(0, path.length() - 1) : path);
    }

    private static Endpoint below(String method, String path) {
        if (path.equals("/v1/models")) {
            return new Endpoint(Kind.MODELS, path, BodyKind.DECLARED, Model.NONE, null);
        }
        if (path.startsWith("/v1/models/")) {
            GoogleVerb verb = method.equals("POST") ? GoogleVerb.ofPath(path) : null;
            if (verb != null) {
                return relay("/v1beta/models/{model}:" + verb.word(), BodyKind.JSON, Model.REQUIRED);
            }
            return new Endpoint(Kind.ONE_MODEL, "/v1/models/{id}", BodyKind.DECLARED, Model.NONE, null);
        }
        if (path.startsWith(OLLAMAS)) {
            return ollamas(method, path.substring("/v1".length()));
        }
        if (method.equals("POST")) {
            for (Endpoint endpoint : GENERATING) {
                if (endpoint.template.equals(path)) {
                    return endpoint;
                }
            }
        }
        Endpoint other = method.equals("POST") ? OTHER_POST : OTHER;
        return STORED.stream().filter(e -> e.fits(path)).findFirst().orElse(other);
    }

    private static Endpoint ollamas(String method, String path) {
        Kind kind = switch (path) {
            case "/api/tags" -> Kind.MODELS;
            case "/api/show" -> Kind.ONE_MODEL;
            case "/api/version" -> Kind.VERSION;
            case "/api/chat", "/api/generate", "/api/embed", "/api/embeddings" ->
                method.equals("POST") ? Kind.RELAY : Kind.UNKNOWN;
            default -> Kind.UNKNOWN;
        };
        return switch (kind) {
            case RELAY -> relay(path, BodyKind.JSON, Model.REQUIRED);
            case ONE_MODEL -> new Endpoint(kind, path, BodyKind.JSON, Model.NONE, null);
            case MODELS, VERSION, PASSTHROUGH -> new Endpoint(kind, path, BodyKind.DECLARED, Model.NONE, null);
            case UNKNOWN -> NOWHERE;
        };
    }

    /** Whether a stream tells its usage only where it is asked to, as OpenAI's completions do. */
    public boolean usageOnDemand() {
        return template.equals("/v1/chat/completions") || template.equals("/v1/completions");
    }

    /** Whether what it answers, where all is well, is JSON or a stream of it. */
    public boolean answersJson() {
        return JSON_ANSWERS.contains(template)
                || template.startsWith("/v1beta/models/")
                || template.startsWith("/api/");
    }

    /** Whether nothing is known of it but that it is below {@code /v1/}. */
    public boolean unknown() {
        return template.equals(ANYTHING);
    }

    private boolean fits(String path) {
        String[] pattern = template.split("/", -1);
        String[] segments = path.split("/", -1);
        if (pattern.length != segments.length) {
            return false;
        }
        for (int i = 0; i < pattern.length; i++) {
            if (pattern[i].startsWith("{") ? segments[i].isEmpty() : !pattern[i].equals(segments[i])) {
                return false;
            }
        }
        return true;
    }

    private static Endpoint relay(String template, BodyKind body, Model model) {
        return relay(template, body, model, null);
    }

    private static Endpoint relay(String template, BodyKind body, Model model, @Nullable ObjectKind objects) {
        return new Endpoint(Kind.RELAY, template, body, model, objects);
    }

    private static List<Endpoint> stored() {
        List<Endpoint> out = new ArrayList<>();
        GENERATING.forEach(e -> out.add(relay(e.template, BodyKind.DECLARED, Model.NONE, e.objects)));
        add(out, ObjectKind.COMPLETION, "chat/completions", "", "/messages");
        add(out, ObjectKind.RESPONSE, "responses", "", "/cancel", "/input_items");
        add(out, ObjectKind.CONVERSATION, "conversations", "", "/items", "/items/{id}");
        add(out, ObjectKind.FILE, "files", "", "/content");
        add(out, ObjectKind.UPLOAD, "uploads", "", "/parts", "/complete", "/cancel");
        add(out, ObjectKind.BATCH, "batches", "", "/cancel");
        add(
                out,
                ObjectKind.FINE_TUNING,
                "fine_tuning/jobs",
                "",
                "/cancel",
                "/pause",
                "/resume",
                "/events",
                "/checkpoints");
        add(out, ObjectKind.CONTAINER, "containers", "", "/files", "/files/{id}", "/files/{id}/content");
        add(
                out,
                ObjectKind.VECTOR_STORE,
                "vector_stores",
                "",
                "/search",
                "/files",
                "/files/{id}",
                "/files/{id}/content",
                "/file_batches",
                "/file_batches/{id}",
                "/file_batches/{id}/cancel",
                "/file_batches/{id}/files");
        add(out, ObjectKind.VIDEO, "videos", "", "/content");
        // makes another video, of the first one's model
        out.add(relay("/v1/videos/{id}/remix", BodyKind.DECLARED, Model.OPTIONAL, ObjectKind.VIDEO));
        return List.copyOf(out);
    }

    /** A family: the collection, and what lies below one of its objects. */
    private static void add(List<Endpoint> out, ObjectKind kind, String collection, String... below) {
        out.add(relay("/v1/" + collection, BodyKind.DECLARED, Model.NONE, kind));
        for (String path : below) {
            out.add(relay("/v1/" + collection + "/{id}" + path, BodyKind.DECLARED, Model.NONE, kind));
        }
    }
}
