package io.llmproxy.adapter.provider.gemini;

import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.SignedThought;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gives signatures back to the parts of a model's turn that had them. Some clients keep a signature behind the text that it is of, as it came;
 * those of OpenAI's chat keep all of an answer's signatures before its text, so that one with nothing before it belongs to the next text.
 */
final class SignedParts {
    private final String signer;
    private final Notes notes;
    private final List<Part> parts = new ArrayList<>();
    private @Nullable SignedThought held;

    /** @param signature as the model gave it with this part; null: none */
    record Part(Content content, @Nullable String signature) {}

    private SignedParts(String signer, Notes notes) {
        this.signer = signer;
        this.notes = notes;
    }

    /** @param signer the model that is asked, whose own signatures go back to it */
    static List<Part> of(List<Content> turn, String signer, Notes notes) {
        SignedParts out = new SignedParts(signer, notes);
        turn.forEach(out::add);
        out.release();
        return out.parts;
    }

    /** The parts of anybody else's turn. */
    static List<Part> unsigned(List<Content> turn) {
        return turn.stream().map(content -> new Part(content, null)).toList();
    }

    private void add(Content content) {
        switch (content) {
            case Content.Thinking(String text, var told) -> {
                SignedThought known = told == null ? null : SignedThought.read(told, signer);
                if (known == null) {
                    notes.hint("messages.reasoning");
                } else {
                    signed(text, known);
                }
            }
            case Content.RedactedThinking _ -> notes.hint("messages.reasoning");
            case Content.Text(String text, var cache) when text.isEmpty() && cache == null -> {} // says nothing
            case Content.Text _ -> {
                parts.add(new Part(content, null));
                release();
            }
            case Content.ToolCall _,
                    Content.Refusal _,
                    Content.Image _,
                    Content.File _,
                    Content.Audio _,
                    Content.ToolResult _ -> parts.add(new Part(content, null));
        }
    }

    private void signed(String text, SignedThought known) {
        if (known.part() == SignedThought.Part.THOUGHT) {
            parts.add(new Part(new Content.Thinking(text, null), known.signature()));
            return;
        }
        release();
        held = known;
        if (!parts.isEmpty() && !(parts.getLast().content() instanceof Content.Thinking)) {
            release();
        }
    }

    /** The one that waited for its text: with the last part where that is one, else with an empty one, as the API takes it too. */
    private void release() {
        SignedThought known = held;
        held = null;
        if (known == null) {
            return;
        }
        boolean its = known.part() == SignedThought.Part.TEXT
                && !parts.isEmpty()
                && parts.getLast().content() instanceof Content.Text
                && parts.getLast().signature() == null;
        Content signed = its ? parts.removeLast().content() : new Content.Text("");
        parts.add(new Part(signed, known.signature()));
    }
}
