package io.llmproxy.adapter.admin;

import io.llmproxy.domain.usage.UsageQuery;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Rows of a report by the labels of keys: all of them as {@code env=prod,team=batch}, or the value of one. */
final class LabelRows {
    private LabelRows() {}

    /**
     * @param index of the labels among the values of a row's group
     * @param name of the label that is asked for; null: all are shown
     * @return rows with the same group added up, in the order of their groups; null stands for those without such a label
     */
    static List<UsageQuery.Row> of(List<UsageQuery.Row> rows, int index, @Nullable String name) {
        Map<List<@Nullable String>, UsageQuery.Row> sums = new LinkedHashMap<>();
        for (UsageQuery.Row row : rows) {
            List<@Nullable String> group = new ArrayList<>(row.group());
            group.set(index, shown(group.get(index), name));
            sums.merge(group, row.of(group), UsageQuery.Row::plus);
        }
        return sums.values().stream()
                .sorted(Comparator.comparing(UsageQuery.Row::group, LabelRows::compare))
                .toList();
    }

    private static @Nullable String shown(@Nullable String labels, @Nullable String name) {
        if (labels == null) {
            return null;
        }
        JsonNode object = Json.MAPPER.readTree(labels);
        if (name != null) {
            JsonNode value = object.get(name);
            return value == null ? null : value.asString("");
        }
        Map<String, String> all = new TreeMap<>();
        object.properties()
                .forEach(label -> all.put(label.getKey(), label.getValue().asString("")));
        List<String> texts = new ArrayList<>();
        all.forEach((label, value) -> texts.add(label + "=" + value));
        return texts.isEmpty() ? null : String.join(",", texts);
    }

    private static int compare(List<@Nullable String> a, List<@Nullable String> b) {
        Comparator<@Nullable String> nullsLast = Comparator.nullsLast(Comparator.naturalOrder());
        for (int i = 0; i < a.size(); i++) {
            int order = nullsLast.compare(a.get(i), b.get(i));
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }
}
