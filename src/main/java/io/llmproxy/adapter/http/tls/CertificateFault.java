package io.llmproxy.adapter.http.tls;

import org.jspecify.annotations.Nullable;

/** The files of the certificate and its key cannot be used; the message names the file, the fault and the remedy. */
public final class CertificateFault extends Exception {
    CertificateFault(String message) {
        super(message);
    }

    CertificateFault(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
