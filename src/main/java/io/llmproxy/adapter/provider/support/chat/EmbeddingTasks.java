package io.llmproxy.adapter.provider.support.chat;

import org.jspecify.annotations.Nullable;

/** What texts are embedded for, in Google's words, which are kept, and in Cohere's, which other sellers of OpenAI's format took over. */
public final class EmbeddingTasks {
    /** Where Cohere's words stand. */
    public static final String FIELD = "input_type";

    private EmbeddingTasks() {}

    /** What a request says in Cohere's words; null: nothing. */
    public static @Nullable String google(RequestNode request) {
        return switch (request.text(FIELD)) {
            case null -> null;
            case "search_document", "passage", "document" -> "RETRIEVAL_DOCUMENT";
            case "search_query", "query" -> "RETRIEVAL_QUERY";
            case "classification" -> "CLASSIFICATION";
            case "clustering" -> "CLUSTERING";
            default -> throw request.wrong(FIELD, "search_document, search_query, classification or clustering");
        };
    }

    /** In Cohere's words, which has none for some; texts of which nothing is said are documents. */
    public static String cohere(@Nullable String task, Notes notes) {
        return switch (task) {
            case null -> "search_document";
            case "RETRIEVAL_DOCUMENT" -> "search_document";
            case "RETRIEVAL_QUERY", "QUESTION_ANSWERING", "FACT_VERIFICATION", "CODE_RETRIEVAL_QUERY" -> "search_query";
            case "CLASSIFICATION" -> "classification";
            case "CLUSTERING" -> "clustering";
            default -> {
                notes.unsupported("taskType");
                yield "search_document";
            }
        };
    }
}
