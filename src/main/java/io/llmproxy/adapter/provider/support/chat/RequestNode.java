package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.domain.chat.JsonText;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.gateway.Refusals;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * An object of a client's request, read strictly: what has another type than it must is refused by its name. A member that is
 * {@code null} is as good as missing.
 */
public final class RequestNode {
    /** Of what is no list's item. */
    private static final int NO_ITEM = -1;

    private final JsonNode node;
    private final @Nullable RequestNode holder;
    private final String name;
    private final int item;

    /** The request itself. */
    public RequestNode(JsonNode node) {
        this(node, null, "", NO_ITEM);
    }

    private RequestNode(JsonNode node, @Nullable RequestNode holder, String name, int item) {
        this.node = node;
        this.holder = holder;
        this.name = name;
        this.item = item;
    }

    public JsonNode node() {
        return node;
    }

    /** Where it stands, as {@code messages[2].}; made up when something is wrong, since there is a node for each message. */
    private String path() {
        return holder == null ? "" : holder.path() + name + (item == NO_ITEM ? "." : "[" + item + "].");
    }

    public @Nullable String text(String name) {
        JsonNode value = value(name);
        if (value == null) {
            return null;
        }
        if (!value.isString()) {
            throw wrong(name, "a string");
        }
        return value.stringValue();
    }

    public String requiredText(String name) {
        String text = text(name);
        if (text == null) {
            throw wrong(name, "a string, and is missing");
        }
        return text;
    }

    public @Nullable Double number(String name) {
        JsonNode value = value(name);
        if (value == null) {
            return null;
        }
        double number = value.isNumber() ? value.decimalValue().doubleValue() : Double.NaN;
        if (!Double.isFinite(number)) {
            throw wrong(name, "a number");
        }
        return number;
    }

    public @Nullable Long whole(String name) {
        JsonNode value = value(name);
        if (value == null) {
            return null;
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw wrong(name, "a whole number");
        }
        return value.longValue();
    }

    /** A whole number of 32 bits, {@code least} or more. */
    public @Nullable Integer count(String name, int least) {
        Long value = whole(name);
        if (value == null) {
            return null;
        }
        if (value < least || value > Integer.MAX_VALUE) {
            throw wrong(name, "a whole number from " + least + " up");
        }
        return Math.toIntExact(value);
    }

    /** A whole number in those bounds. */
    public @Nullable Integer count(String name, int least, int most) {
        Integer value = count(name, least);
        if (value != null && value > most) {
            throw wrong(name, "a whole number from " + least + " to " + most);
        }
        return value;
    }

    public @Nullable Boolean flag(String name) {
        JsonNode value = value(name);
        if (value == null) {
            return null;
        }
        if (!value.isBoolean()) {
            throw wrong(name, "true or false");
        }
        return value.booleanValue();
    }

    public boolean isTrue(String name) {
        return Boolean.TRUE.equals(flag(name));
    }

    public @Nullable RequestNode object(String name) {
        JsonNode value = value(name);
        if (value == null) {
            return null;
        }
        if (!value.isObject()) {
            throw wrong(name, "an object");
        }
        return new RequestNode(value, this, name, NO_ITEM);
    }

    public RequestNode requiredObject(String name) {
        RequestNode object = object(name);
        if (object == null) {
            throw wrong(name, "an object, and is missing");
        }
        return object;
    }

    /** The objects of a list; none where it is missing. */
    public List<RequestNode> objects(String name) {
        JsonNode value = value(name);
        if (value == null) {
            return List.of();
        }
        if (!value.isArray()) {
            throw wrong(name, "a list");
        }
        List<RequestNode> out = new ArrayList<>(value.size());
        for (int i = 0; i < value.size(); i++) {
            JsonNode item = value.get(i);
            if (!item.isObject()) {
                throw wrong(name + "[" + i + "]", "an object");
            }
            out.add(new RequestNode(item, this, name, i));
        }
        return out;
    }

    /** Several strings, or one alone; none where it is missing. */
    public List<String> texts(String name) {
        JsonNode value = value(name);
        if (value == null) {
            return List.of();
        }
        if (value.isString()) {
            return List.of(value.stringValue());
        }
        List<String> out = new ArrayList<>();
        for (JsonNode item : value) {
            if (!item.isString()) {
                throw wrong(name, "a list of strings");
            }
            out.add(item.stringValue());
        }
        if (!value.isArray()) {
            throw wrong(name, "a string or a list of strings");
        }
        return out;
    }

    /** An object that goes on as it is; null where it is missing. */
    public @Nullable JsonText json(String name) {
        RequestNode object = object(name);
        return object == null ? null : new JsonText(object.node.toString());
    }

    public boolean isText(String name) {
        JsonNode value = value(name);
        return value != null && value.isString();
    }

    public boolean isList(String name) {
        JsonNode value = value(name);
        return value != null && value.isArray();
    }

    public boolean has(String name) {
        return value(name) != null;
    }

    /** The members that say something and are none of {@code known}. */
    public List<String> others(Set<String> known) {
        List<String> out = List.of();
        for (Map.Entry<String, JsonNode> member : node.properties()) {
            if (!known.contains(member.getKey()) && !member.getValue().isNull()) {
                out = out.isEmpty() ? new ArrayList<>() : out;
                out.add(member.getKey());
            }
        }
        return out;
    }

    /** Notes the members that are none of {@code known}: they may mean something, and go no further. */
    public void onlyKnown(Set<String> known, Notes notes) {
        others(known).forEach(name -> notes.unsupported(at(name)));
    }

    /** The name of a member, as the client knows it. */
    public String at(String name) {
        return path() + name;
    }

    public ProxyException wrong(String name, String must) {
        return Refusals.invalid("`" + at(name) + "` must be " + must + ".", at(name));
    }

    private @Nullable JsonNode value(String name) {
        JsonNode value = node.get(name);
        return value == null || value.isNull() ? null : value;
    }
}
