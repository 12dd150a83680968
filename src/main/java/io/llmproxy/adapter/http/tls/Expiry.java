package io.llmproxy.adapter.http.tls;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** When a certificate's end is told: 30, 7 and 1 days before, and when it has come. */
final class Expiry {
    private static final List<Duration> BEFORE = List.of(Duration.ofDays(30), Duration.ofDays(7), Duration.ofDays(1));

    private Expiry() {}

    /** How many of the moments have come at which the end is told. */
    static int stage(X509Certificate certificate, Instant now) {
        Instant end = certificate.getNotAfter().toInstant();
        int stage = now.isAfter(end) ? 1 : 0;
        for (Duration before : BEFORE) {
            stage += now.plus(before).isAfter(end) ? 1 : 0;
        }
        return stage;
    }

    static boolean valid(X509Certificate certificate, Instant now) {
        return !now.isAfter(certificate.getNotAfter().toInstant())
                && !now.isBefore(certificate.getNotBefore().toInstant());
    }

    /** Why clients will refuse the certificate, or soon will, and what to do; null: they have no reason in its dates. */
    static @Nullable String fault(TlsSettings settings, X509Certificate certificate, Instant now) {
        String what = "the " + settings.listener() + "'s certificate in " + settings.certificate();
        Instant end = certificate.getNotAfter().toInstant();
        Instant begin = certificate.getNotBefore().toInstant();
        if (now.isAfter(end)) {
            return what + " has expired at " + end + ": clients refuse it; renew it";
        }
        if (now.isBefore(begin)) {
            return what + " is not valid before " + begin + ": clients refuse it until then";
        }
        if (stage(certificate, now) == 0) {
            return null;
        }
        long days = Duration.between(now, end).toDays();
        return what + " expires " + (days == 0 ? "within a day" : days == 1 ? "in 1 day" : "in " + days + " days")
                + ", at " + end + ": renew it before; new files are taken without a restart";
    }
}
