package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.SignedCallId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Puts results in the order of their calls, for models that tell several calls of one function apart by nothing else. Clients may tell them
 * in any order, with the ids that are not there.
 */
public final class ResultsInOrder {
    /** Which call it was, by the ids of calls. */
    private final Map<String, Integer> places = new HashMap<>();

    /** The call that comes next has this id. */
    public void called(String id) {
        places.putIfAbsent(SignedCallId.plain(id), places.size());
    }

    /** The same content with its results first; as it is where there is none. */
    public List<Content> of(List<Content> content) {
        if (content.stream().noneMatch(Content.ToolResult.class::isInstance)) {
            return content;
        }
        // looked up once each: there may be as many as a body holds
        IdentityHashMap<Content, Integer> placed = new IdentityHashMap<>();
        for (Content piece : content) {
            placed.put(
                    piece,
                    piece instanceof Content.ToolResult result
                            ? places.getOrDefault(SignedCallId.plain(result.callId()), -1)
                            : Integer.MAX_VALUE);
        }
        List<Content> out = new ArrayList<>(content);
        out.sort(Comparator.comparingInt(piece -> placed.getOrDefault(piece, -1)));
        return out;
    }
}
