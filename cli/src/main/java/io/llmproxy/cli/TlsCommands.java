package io.llmproxy.cli;

import java.util.List;
import tools.jackson.databind.JsonNode;

/** {@code llmproxyctl tls …}. */
final class TlsCommands {
    private static final View VIEW = new View(
            "listener",
            Column.text("listener", "listener"),
            Column.text("file", "file"),
            Column.text("subject", "subject"),
            Column.text("names", "alternatives"),
            Column.text("issuer", "issuer"),
            Column.text("serial", "serial"),
            Column.text("sha-256", "fingerprint"),
            Column.time("not before", "notBefore"),
            Column.time("not after", "notAfter"),
            Column.number("days left", "daysLeft"),
            Column.text("key", "keyType"),
            Column.number("certificates", "chain"),
            Column.text("chain fault", "chainFault"),
            Column.text("oldest TLS", "minVersion"),
            Column.text("client auth", "clientAuth"),
            Column.text("client CA", "clientCa"),
            Column.text("client authorities", "clientAuthorities"),
            Column.time("until", "clientAuthoritiesUntil"),
            Column.text("fault", "fault"));

    private TlsCommands() {}

    static List<Verb> verbs() {
        return List.of(Verb.of(
                        "show",
                        "Shows the certificates of the server's listeners, and warns of those that end soon.",
                        TlsCommands::show)
                .example(
                        "llmproxyctl tls show",
                        "llmproxyctl tls show -o json | jq -r '.[] | [.listener, .daysLeft] | @tsv'"));
    }

    private static ExitCode show(Context c) {
        List<JsonNode> certificates =
                c.client().get(ApiPath.of("tls")).path("items").valueStream().toList();
        if (c.output().format() == Format.TABLE && !c.line().flag(GlobalOptions.QUIET)) {
            for (int i = 0; i < certificates.size(); i++) {
                if (i > 0) {
                    c.output().line("");
                }
                c.output().fields(certificates.get(i), VIEW);
            }
        } else {
            c.output().list(certificates, VIEW);
        }
        if (certificates.isEmpty()) {
            c.note("no listener has a certificate: clients are served without TLS; see gateway.tls.certificate in"
                    + " the configuration");
        }
        certificates.forEach(certificate -> warn(c, certificate));
        return ExitCode.DONE;
    }

    private static void warn(Context c, JsonNode certificate) {
        for (String field : List.of("fault", "chainFault")) {
            String fault = Json.text(certificate.path(field));
            if (!fault.isEmpty()) {
                c.note("warning: " + Json.text(certificate.path("listener")) + ": " + fault);
            }
        }
    }
}
