package io.llmproxy.gateway;

import io.llmproxy.gateway.ScriptedProvider.Script;
import io.llmproxy.port.Provider.UpstreamRequest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** An account at a provider that keeps objects of every family, newest first in its lists; every id is given once. */
final class FakeAccount implements Function<UpstreamRequest, Script> {
    static final List<String> FAMILIES = List.of(
            "/files",
            "/uploads",
            "/batches",
            "/fine_tuning/jobs",
            "/responses",
            "/conversations",
            "/vector_stores",
            "/containers",
            "/videos",
            "/chat/completions");

    private final Map<String, List<String>> objects = new ConcurrentHashMap<>();
    private final AtomicInteger next = new AtomicInteger();

    /** An object that nobody made by the gateway. */
    String add(String family) {
        String id = "id-" + next.incrementAndGet();
        of(family).addFirst(id);
        return id;
    }

    private List<String> of(String family) {
        return objects.computeIfAbsent(family, f -> Collections.synchronizedList(new ArrayList<>()));
    }

    static String described(String id) {
        return "{\"id\":\"" + id + "\",\"object\":\"thing\", \"n\":1.0}";
    }

    @Override
    public Script apply(UpstreamRequest request) {
        for (String family : FAMILIES) {
            if (request.path().equals(family)) {
                return collection(family, request);
            }
            if (request.path().startsWith(family + "/")) {
                return one(family, request, request.path().substring(family.length() + 1));
            }
        }
        return Script.json("{}");
    }

    private Script collection(String family, UpstreamRequest request) {
        return request.method().equals("POST")
                ? Script.json(described(add(family)))
                : page(of(family), request.query());
    }

    private Script one(String family, UpstreamRequest request, String rest) {
        String id = rest.split("/", 2)[0];
        if (rest.equals("input_tokens") || rest.equals("compact")) {
            return Script.json("{}");
        }
        if (!of(family).contains(id)) {
            return Script.json("{\"error\":{\"message\":\"No such object\"}}").status(404);
        }
        if (request.method().equals("DELETE") && rest.equals(id)) {
            of(family).remove(id);
        }
        return Script.json(described(id));
    }

    private static Script page(List<String> all, @Nullable String query) {
        int limit = Integer.parseInt(parameter(query, "limit", "20"));
        String after = parameter(query, "after", "");
        int from = after.isEmpty() ? 0 : all.indexOf(after) + 1;
        List<String> ids = all.subList(Math.min(from, all.size()), Math.min(all.size(), from + limit));
        String data = String.join(", ", ids.stream().map(FakeAccount::described).toList());
        String ends = ids.isEmpty()
                ? "\"first_id\":null,\"last_id\":null"
                : "\"first_id\":\"" + ids.getFirst() + "\",\"last_id\":\"" + ids.getLast() + "\"";
        return Script.json("{\"object\":\"list\",\"data\":[" + data + "]," + ends + ",\"total\":" + all.size()
                + ",\"has_more\":" + (from + limit < all.size()) + "}");
    }

    private static String parameter(@Nullable String query, String name, String otherwise) {
        for (String pair : query == null ? new String[0] : query.split("&", -1)) {
            if (pair.startsWith(name + "=")) {
                return pair.substring(name.length() + 1);
            }
        }
        return otherwise;
    }
}
