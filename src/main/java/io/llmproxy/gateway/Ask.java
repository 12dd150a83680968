package io.llmproxy.gateway;

import io.llmproxy.gateway.scan.JsonRequest.Store;
import io.llmproxy.gateway.scan.PlainChat;
import io.llmproxy.gateway.scan.References;
import io.llmproxy.gateway.scan.Splice;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What a request asks for, as its body or path says.
 *
 * @param model null where it names none
 * @param modelValue where the model stands in the body, or is to stand; null where it does not
 * @param moreModelValues where else the body says the same
 * @param modelUnsaid whether the body does not say the model that is asked for, so that it must be written there
 * @param maxTokens the bound of the output; -1: none
 * @param choices how many answers are generated, at least one
 * @param usageInStream the changes to the body that make a stream tell its usage; none where that is not wanted
 * @param plainCallIds the changes that take signatures out of the ids of calls; none where there are none
 * @param references the stored objects that the body names
 * @param plainChat the size of its messages; null where they are not that plain
 * @param images whether there are some for the model to look at
 * @param tools whether there are some for the model to call
 */
public record Ask(
        @Nullable String model,
        @Nullable ModelValue modelValue,
        List<ModelValue> moreModelValues,
        boolean modelUnsaid,
        boolean stream,
        long maxTokens,
        long choices,
        @Nullable String user,
        List<Splice> usageInStream,
        List<Splice> plainCallIds,
        Store store,
        References references,
        @Nullable PlainChat plainChat,
        boolean images,
        boolean tools) {

    /** Nothing that the gateway can tell. */
    public static final Ask NOTHING = of(null, null, References.UNSEEN);

    /** A value's place in the body, and how a model is written there. */
    public record ModelValue(long offset, int length, UnaryOperator<String> spelling) {
        /** A JSON string. */
        public static final UnaryOperator<String> JSON = Splice::quoted;

        /** The name itself. */
        public static final UnaryOperator<String> PLAIN = model -> model;

        /** A JSON string as Google names models. */
        public static final UnaryOperator<String> GOOGLES = model -> Splice.quoted("models/" + model);

        /** A member of a JSON object, before others. */
        public static final UnaryOperator<String> MEMBER = model -> "\"model\":" + Splice.quoted(model) + ",";

        /** The only member of a JSON object. */
        public static final UnaryOperator<String> ONLY_MEMBER = model -> "\"model\":" + Splice.quoted(model);

        public Splice replacedBy(String model) {
            return new Splice(offset, length, spelling.apply(model));
        }
    }

    /** The changes to the body that make it say this model; none where it does already. */
    public List<Splice> saying(@Nullable String wanted) {
        if (wanted == null || modelValue == null || !modelUnsaid && wanted.equals(model)) {
            return List.of();
        }
        if (moreModelValues.isEmpty()) {
            return List.of(modelValue.replacedBy(wanted));
        }
        List<Splice> changes = new ArrayList<>(1 + moreModelValues.size());
        changes.add(modelValue.replacedBy(wanted));
        moreModelValues.forEach(value -> changes.add(value.replacedBy(wanted)));
        return changes;
    }

    public static Ask of(@Nullable String model, @Nullable ModelValue value, References references) {
        return new Ask(
                model,
                value,
                List.of(),
                false,
                false,
                -1,
                1,
                null,
                List.of(),
                List.of(),
                Store.UNSAID,
                references,
                null,
                false,
                false);
    }
}
