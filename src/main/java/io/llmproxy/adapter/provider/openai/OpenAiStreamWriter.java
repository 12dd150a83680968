package io.llmproxy.adapter.provider.openai;

import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.StreamWriter;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.FinishReason;
import io.llmproxy.domain.chat.StreamEvent;
import io.llmproxy.domain.chat.TokenProbability;
import io.llmproxy.domain.usage.TokenUsage;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes a stream of {@code chat.completion.chunk}. */
final class OpenAiStreamWriter implements StreamWriter {
    /** Thoughts of more than this come without their text beside the signature: the client has had it piece by piece. */
    private static final int MAX_THOUGHT = 4 * 1024 * 1024;

    private final boolean usageWanted;
    private final long created;
    private final List<Choice> choices = new ArrayList<>(List.of(new Choice(0)));
    private Choice present = choices.getFirst();
    private String id = "";
    private String model = "";
    private TokenUsage usage = TokenUsage.NONE;
    /** How every chunk begins; null: that is not known yet. */
    private byte @Nullable [] beginning;

    /** What is known of one of the answers, which come mixed. */
    private static final class Choice {
        private final int index;
        private final StringBuilder thought = new StringBuilder();
        private List<TokenProbability> probabilities = List.of();
        private boolean finished;

        Choice(int index) {
            this.index = index;
        }
    }

    OpenAiStreamWriter(boolean usageWanted, long created) {
        this.usageWanted = usageWanted;
        this.created = created;
    }

    @Override
    public void write(StreamEvent event, JsonOut out) {
        switch (event) {
            case StreamEvent.Started(String itsId, String itsModel, TokenUsage known) -> {
                id = itsId;
                model = itsModel;
                usage = known;
                beginning = null;
                begin(out);
            }
            case StreamEvent.Choice(int index) -> turnTo(index, out);
            case StreamEvent.Text(String piece) -> piece(out, "content", piece);
            case StreamEvent.Refusal(String piece) -> piece(out, "refusal", piece);
            case StreamEvent.Thinking(String piece) -> {
                if (present.thought.length() < MAX_THOUGHT) {
                    present.thought.append(piece);
                }
                piece(out, "reasoning_content", piece);
            }
            case StreamEvent.ThinkingSigned(String signature) -> {
                detail(out, new Content.Thinking(present.thought.toString(), signature));
                present.thought.setLength(0);
            }
            case StreamEvent.RedactedThinking(String data) -> detail(out, new Content.RedactedThinking(data));
            case StreamEvent.ToolCallStarted(int index, String callId, String name) -> {
                call(out, index).member("id", callId).member("type", "function");
                out.name("function").open().member("name", name).member("arguments", "");
                closeCall(out);
            }
            case StreamEvent.ToolCallArguments(int index, String piece) -> {
                call(out, index).name("function").open().member("arguments", piece);
                closeCall(out);
            }
            case StreamEvent.Finished(FinishReason reason, var _) -> {
                present.finished = true;
                delta(out);
                close(out, OpenAiFinish.word(reason));
            }
            case StreamEvent.Probabilities(var tokens) -> present.probabilities = tokens;
            case StreamEvent.Usage(TokenUsage known) -> usage = known;
            case StreamEvent.Failed _ -> {}
        }
    }

    private void begin(JsonOut out) {
        delta(out).member("role", "assistant").member("content", "");
        close(out);
    }

    private void turnTo(int index, JsonOut out) {
        for (Choice choice : choices) {
            if (choice.index == index) {
                present = choice;
                return;
            }
        }
        present = new Choice(index);
        choices.add(present);
        begin(out);
    }

    private void piece(JsonOut out, String name, String piece) {
        delta(out).member(name, piece);
        close(out);
    }

    private void detail(JsonOut out, Content thinking) {
        delta(out).name("reasoning_details").openList();
        OpenAiThoughts.write(out, thinking);
        out.closeList();
        close(out);
    }

    private JsonOut call(JsonOut out, int index) {
        return delta(out).name("tool_calls").openList().open().member("index", index);
    }

    private void closeCall(JsonOut out) {
        out.close().close().closeList();
        close(out);
    }

    private JsonOut chunk(JsonOut out) {
        byte[] same = beginning;
        if (same == null) {
            JsonOut first = new JsonOut();
            first.raw("data: ").open().member("id", id).member("object", "chat.completion.chunk");
            first.member("created", created).member("model", model).name("choices");
            same = first.openList().take();
            beginning = same;
        }
        return out.raw(same);
    }

    private JsonOut delta(JsonOut out) {
        return chunk(out).open().member("index", present.index).name("delta").open();
    }

    private void close(JsonOut out) {
        probabilities(out.close());
        out.name("finish_reason").nothing();
        out.close().closeList().close().raw("\n\n");
    }

    private void close(JsonOut out, String reason) {
        probabilities(out.close());
        out.member("finish_reason", reason);
        out.close().closeList().close().raw("\n\n");
    }

    private void probabilities(JsonOut out) {
        OpenAiProbabilities.choice(out, present.probabilities);
        present.probabilities = List.of();
    }

    @Override
    public void end(JsonOut out) {
        for (Choice choice : choices) {
            if (!choice.finished) {
                present = choice;
                delta(out);
                close(out, OpenAiFinish.word(FinishReason.STOP));
            }
        }
        if (usageWanted && usage.source() != TokenUsage.Source.NONE) {
            chunk(out).closeList().name("usage");
            OpenAiUsage.write(out, usage);
            out.close().raw("\n\n");
        }
        out.raw("data: [DONE]\n\n");
    }
}
