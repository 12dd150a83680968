package io.llmproxy.cli;

import java.nio.file.Files;
import tools.jackson.databind.node.ObjectNode;

/** What {@code tenant provision} tells a person: what there is now, and what to do next. */
record ProvisionReport(Context context, Host host, String slug) {
    void print(ObjectNode made, boolean changed, String service, String gateway) {
        line(
                changed
                        ? "tenant " + slug + " is provisioned"
                        : "tenant " + slug + " was provisioned before; nothing changed");
        line("  configuration  " + Json.text(made.path("configuration")));
        line("  master key     " + Json.text(made.path("masterKey")) + "   keep a copy elsewhere");
        line("  admin socket   " + Json.text(made.path("socket")));
        line("  gateway        " + gateway);
        line("  service        " + Host.unit(slug) + ", " + service);
        switch (service) {
            case "ready" -> next(gateway);
            case "no systemd" -> byHand();
            default -> {
                line("start it:");
                line("  systemctl enable --now " + Host.unit(slug));
            }
        }
    }

    private void next(String gateway) {
        line("next, a provider, a key, and a request:");
        line("  llmproxyctl -t " + slug + " provider create openai --type openai --api-key-stdin");
        line("  KEY=$(llmproxyctl -t " + slug + " key create first -q)");
        line("  curl " + gateway
                + "/v1/chat/completions -H \"Authorization: Bearer $KEY\" -H 'Content-Type: application/json'"
                + " -d '{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}'");
    }

    /** What the unit would do, less its walls. */
    private void byHand() {
        String run = context.shell().run().toString();
        String credentials = run + "/" + slug + ".credentials";
        boolean key = Files.exists(host.masterKey(slug));
        line("systemd does not run this machine; start it by hand:");
        line("  install -d -o llmproxy -g llmproxy -m 0755 " + run + " " + run + "/" + slug);
        line("  install -d -o llmproxy -g llmproxy -m 0700 " + host.data(slug) + (key ? " " + credentials : ""));
        if (key) {
            line("  install -o llmproxy -g llmproxy -m 0400 " + host.masterKey(slug) + " " + credentials
                    + "/master-key");
        }
        line("  setpriv --reuid=llmproxy --regid=llmproxy --init-groups env STATE_DIRECTORY=" + host.data(slug)
                + " RUNTIME_DIRECTORY=" + run + "/" + slug + (key ? " CREDENTIALS_DIRECTORY=" + credentials : "")
                + " llmproxy serve --config " + host.common() + " --config -" + host.configuration(slug) + " --tenant "
                + slug);
    }

    private void line(String text) {
        context.output().line(text);
    }
}
