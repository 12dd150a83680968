package io.llmproxy.gateway;

import io.llmproxy.gateway.scan.JsonRequest.Store;
import io.llmproxy.gateway.scan.References;
import io.llmproxy.gateway.scan.Splice;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a request asks for, as its body or path says.
 *
 * @param model null where it names none
 * @param modelValue where the model stands in the body; null where it does not
 * @param maxTokens the bound of the output; -1: none
 * @param choices how many answers; -1: not said
 * @param usageInStream the changes to the body that make a stream tell its usage; none where that is not wanted
 * @param references the stored objects that the body names
 * @param images whether there are some for the model to look at
 * @param tools whether there are some for the model to call
 */
public record Ask(
        @Nullable String model,
        @Nullable ModelValue modelValue,
        boolean stream,
        long maxTokens,
        long choices,
        @Nullable String user,
        List<Splice> usageInStream,
        Store store,
        References references,
        boolean images,
        boolean tools) {

    /** Nothing that the gateway can tell. */
    public static final Ask NOTHING = of(null, null, References.UNSEEN);

    /** A value's place in the body, and whether it is written as a JSON string. */
    public record ModelValue(long offset, int length, boolean json) {
        public Splice replacedBy(String model) {
            return new Splice(offset, length, json ? Splice.quoted(model) : model);
        }
    }

    public static Ask of(@Nullable String model, @Nullable ModelValue value, References references) {
        return new Ask(model, value, false, -1, -1, null, List.of(), Store.UNSAID, references, false, false);
    }
}
