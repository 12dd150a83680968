package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.domain.chat.Tool;
import java.util.List;

/** Bounds of the names of tools, as the providers' references have them. */
public final class ToolNames {
    private ToolNames() {}

    /**
     * Refuses tools whose names the provider would refuse.
     *
     * @param most characters of a name
     */
    public static void bound(List<Tool> tools, int most, Notes notes) {
        for (Tool tool : tools) {
            if (tool.name().length() > most) {
                throw notes.impossible("tools.name", "a name has at most " + most + " characters there");
            }
        }
    }
}
