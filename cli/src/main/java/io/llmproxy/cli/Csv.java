package io.llmproxy.cli;

import java.util.List;

/** Comma-separated values by RFC 4180. */
final class Csv {
    private Csv() {}

    static String row(List<String> cells) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < cells.size(); i++) {
            out.append(i == 0 ? "" : ",").append(quoted(cells.get(i)));
        }
        return out.append("\r\n").toString();
    }

    private static String quoted(String cell) {
        boolean plain = cell.chars().noneMatch(c -> c == ',' || c == '"' || c == '\r' || c == '\n');
        return plain ? cell : "\"" + cell.replace("\"", "\"\"") + "\"";
    }
}
