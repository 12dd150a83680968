package io.llmproxy.gateway;

import io.llmproxy.gateway.Stage.Next;
import java.util.List;

/** The stages in their order, made into one chain; docs/pipeline.md says what each does. */
public final class Pipeline {
    private final List<Stage> stages;
    private final Next chain;

    public Pipeline(List<Stage> stages) {
        this.stages = List.copyOf(stages);
        Next next = x -> {
            throw new IllegalStateException("the last stage has no next one");
        };
        for (Stage stage : this.stages.reversed()) {
            Next rest = next;
            next = x -> stage.handle(x, rest);
        }
        this.chain = next;
    }

    public void handle(Exchange x) {
        chain.handle(x);
    }

    /** The names of the stages, from the client to the provider. */
    public List<String> names() {
        return stages.stream().map(Stage::name).toList();
    }
}
