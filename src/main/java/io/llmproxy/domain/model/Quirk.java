package io.llmproxy.domain.model;

/** In what a provider that speaks OpenAI's format differs from what that format's servers have in common. */
public enum Quirk {
    /** The usage of a stream comes unasked, and {@code stream_options} is refused or not known. */
    TELLS_USAGE_UNASKED(1 << 0),
    /** The bound of an answer is {@code max_completion_tokens}; others know {@code max_tokens} best. */
    NEW_TOKEN_BOUND(1 << 1),
    /** {@code top_k} is taken. */
    TOP_K(1 << 2),
    /** Signed thoughts go back as {@code reasoning_details}; strict servers refuse the field. */
    SIGNED_THOUGHTS(1 << 3),
    /** Fields that are not in its own reference are refused: no user, no tier, no probabilities, no effort of reasoning. */
    KNOWN_FIELDS_ONLY(1 << 4),
    /** The seed is {@code random_seed}. */
    RANDOM_SEED(1 << 5),
    /** The ids of calls are nine letters and digits. */
    SHORT_CALL_IDS(1 << 6),
    /** Documents are {@code document_url}, with their bytes in it or without. */
    DOCUMENTS_BY_URL(1 << 7),
    /** There are no tools. */
    NO_TOOLS(1 << 8),
    /** Answers keep to no schema, though they may be JSON. */
    NO_SCHEMA(1 << 9),
    /** There is no list of models. */
    NO_MODEL_LIST(1 << 10),
    /** There is no {@code /v1/responses}, or not for all models, so that its clients are translated. */
    NO_RESPONSES(1 << 11),
    /** How long vectors are to be is {@code output_dimension}. */
    OUTPUT_DIMENSION(1 << 12);

    private final int bit;

    Quirk(int bit) {
        this.bit = bit;
    }

    /** One of its own, so that several are one number. */
    int bit() {
        return bit;
    }
}
