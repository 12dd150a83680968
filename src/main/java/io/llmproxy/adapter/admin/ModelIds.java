package io.llmproxy.adapter.admin;

import io.llmproxy.gateway.scan.MalformedException;
import io.llmproxy.gateway.scan.ModelList;
import java.util.List;
import java.util.Optional;

/** Reads the model ids out of a provider's list, in whichever form its API has it. */
public final class ModelIds {
    private ModelIds() {}

    /** Empty where the body is no such list. */
    public static Optional<List<String>> of(byte[] body) {
        try {
            return ModelList.find(body)
                    .map(models -> models.stream().map(ModelList.Model::id).toList());
        } catch (MalformedException e) {
            return Optional.empty();
        }
    }
}
