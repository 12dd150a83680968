package io.llmproxy.gateway;

import java.util.ArrayList;
import java.util.List;

/**
 * What a method and a path mean.
 *
 * @param template the path without its variable parts, for the ledger
 * @param body what a POST carries
 * @param model whether it must name a model
 */
public record Endpoint(Kind kind, String template, BodyKind body, Model model) {
    /** How the gateway serves it. */
    public enum Kind {
        /** Sent to the provider of its model, or to the default one. */
        RELAY,
        /** The list of models, answered here. */
        MODELS,
        /** A model by its name in the path. */
        ONE_MODEL,
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

    private static final Endpoint NOWHERE = new Endpoint(Kind.UNKNOWN, "unknown", BodyKind.DECLARED, Model.NONE);
    private static final Endpoint OTHER = relay("/v1/*", BodyKind.DECLARED, Model.NONE);
    /** May generate something, of a model that is told in a way that the gateway does not know. */
    private static final Endpoint OTHER_POST = relay("/v1/*", BodyKind.DECLARED, Model.OPTIONAL);

    private static final Endpoint PASS =
            new Endpoint(Kind.PASSTHROUGH, "/p/{provider}/*", BodyKind.DECLARED, Model.NONE);

    /** Those that generate something; POST alone is special, other methods are about stored objects. */
    private static final List<Endpoint> GENERATING = List.of(
            relay("/v1/chat/completions", BodyKind.JSON, Model.REQUIRED),
            relay("/v1/completions", BodyKind.JSON, Model.REQUIRED),
            relay("/v1/embeddings", BodyKind.JSON, Model.REQUIRED),
            relay("/v1/responses", BodyKind.JSON, Model.OPTIONAL),
            relay("/v1/moderations", BodyKind.JSON, Model.OPTIONAL),
            relay("/v1/images/generations", BodyKind.JSON, Model.OPTIONAL),
            relay("/v1/images/edits", BodyKind.DECLARED, Model.OPTIONAL),
            relay("/v1/images/variations", BodyKind.DECLARED, Model.OPTIONAL),
            relay("/v1/audio/speech", BodyKind.JSON, Model.REQUIRED),
            relay("/v1/audio/transcriptions", BodyKind.DECLARED, Model.REQUIRED),
            relay("/v1/audio/translations", BodyKind.DECLARED, Model.REQUIRED),
            relay("/v1/fine_tuning/jobs", BodyKind.JSON, Model.OPTIONAL),
            relay("/v1/videos", BodyKind.DECLARED, Model.OPTIONAL));

    private static final List<Endpoint> STORED = stored();

    /** A slash at the end makes no difference: many servers ignore it, so it must not hide what is asked for. */
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
            return new Endpoint(Kind.MODELS, path, BodyKind.DECLARED, Model.NONE);
        }
        if (path.startsWith("/v1/models/")) {
            return new Endpoint(Kind.ONE_MODEL, "/v1/models/{id}", BodyKind.DECLARED, Model.NONE);
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
        return new Endpoint(Kind.RELAY, template, body, model);
    }

    private static List<Endpoint> stored() {
        List<Endpoint> out = new ArrayList<>();
        GENERATING.forEach(e -> out.add(relay(e.template, BodyKind.DECLARED, Model.NONE)));
        for (String path : """
                chat/completions/{id}
                chat/completions/{id}/messages
                responses/{id}
                responses/{id}/cancel
                responses/{id}/input_items
                conversations
                conversations/{id}
                conversations/{id}/items
                conversations/{id}/items/{id}
                files
                files/{id}
                files/{id}/content
                uploads
                uploads/{id}
                uploads/{id}/parts
                uploads/{id}/complete
                uploads/{id}/cancel
                batches
                batches/{id}
                batches/{id}/cancel
                fine_tuning/jobs/{id}
                fine_tuning/jobs/{id}/cancel
                fine_tuning/jobs/{id}/events
                fine_tuning/jobs/{id}/checkpoints
                videos/{id}
                videos/{id}/content
                vector_stores
                vector_stores/{id}
                vector_stores/{id}/search
                vector_stores/{id}/files
                vector_stores/{id}/files/{id}
                """.lines().toList()) {
            out.add(relay("/v1/" + path, BodyKind.DECLARED, Model.NONE));
        }
        return List.copyOf(out);
    }
}
