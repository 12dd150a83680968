package io.llmproxy;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.TestAppliance.Ctl;

/** An appliance with the limits that every installation starts with, and the commands by which tests set others. */
record LimitCommands(TestAppliance appliance, FakeProvider upstream) implements AutoCloseable {
    /** @param sets {@code key=value} each */
    static LimitCommands start(String... sets) {
        TestAppliance.Builder builder = TestAppliance.builder().limits();
        for (String set : sets) {
            int equals = set.indexOf('=');
            builder.set(set.substring(0, equals), set.substring(equals + 1));
        }
        return new LimitCommands(builder.start(), FakeProvider.start());
    }

    /** A client of a new tenant. */
    Http tenant(String name) {
        return new Http(appliance.gateway(), appliance.tenantWithKey(name, upstream.baseUrl()));
    }

    /** A tenant, if there is none of that name yet. */
    void tenantOnce(String name) {
        appliance.ctl("tenant", "create", name);
    }

    /** {@code llmproxyctl -t TENANT limit ARGS}. */
    Ctl ctl(String tenant, String... args) {
        String[] all = new String[args.length + 3];
        all[0] = "-t";
        all[1] = tenant;
        all[2] = "limit";
        System.arraycopy(args, 0, all, 3, args.length);
        return appliance.ctl(all);
    }

    /** @return the limit's id */
    String set(String tenant, String scope, String metric, String amount, String per) {
        return ctl(tenant, "set", "--scope", scope, "--metric", metric, "--amount", amount, "--per", per, "-q")
                .value();
    }

    @Override
    public void close() {
        appliance.close();
        upstream.close();
    }
}
