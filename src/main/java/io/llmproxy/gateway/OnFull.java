package io.llmproxy.gateway;

/** What happens to requests while their records cannot be written to the journal. */
public enum OnFull {
    /** They are refused until it takes records again. */
    REFUSE,
    /** They are served; so many records as memory is kept for wait, and those beyond are dropped and counted. */
    CONTINUE
}
