package io.llmproxy.port;

/** Seals stored content under the master key (AES-256-GCM), a key of its own for each context. Thread-safe. */
public interface ContentSealer {
    /** @param context what the content is bound to: it cannot be opened elsewhere */
    byte[] sealContent(byte[] content, String context);

    /** @throws IllegalStateException where it is of another key, another place, or damaged */
    byte[] openContent(byte[] sealed, String context);
}
