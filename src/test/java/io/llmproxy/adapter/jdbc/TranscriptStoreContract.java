package io.llmproxy.adapter.jdbc;

import static io.llmproxy.adapter.jdbc.Samples.NOW;
import static io.llmproxy.adapter.jdbc.Samples.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.audit.Transcript;
import io.llmproxy.domain.audit.Transcript.Part;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderEgress;
import io.llmproxy.domain.secret.Credential;
import io.llmproxy.port.ContentSealer;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.TranscriptStore;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

abstract class TranscriptStoreContract {
    abstract Database database();

    /** Puts the context before the content, so that what belongs elsewhere does not open. */
    private static final ContentSealer SEALER = new ContentSealer() {
        @Override
        public byte[] sealContent(byte[] content, String context) {
            byte[] head = context.getBytes(StandardCharsets.UTF_8);
            byte[] out = java.util.Arrays.copyOf(head, head.length + content.length);
            System.arraycopy(content, 0, out, head.length, content.length);
            return out;
        }

        @Override
        public byte[] openContent(byte[] sealed, String context) {
            byte[] head = context.getBytes(StandardCharsets.UTF_8);
            if (!java.util.Arrays.equals(sealed, 0, head.length, head, 0, head.length)) {
                throw new IllegalStateException("belongs elsewhere");
            }
            return java.util.Arrays.copyOfRange(sealed, head.length, sealed.length);
        }
    };

    private TranscriptStore store() {
        return database().transcripts(SEALER);
    }

    private Tenant tenant() {
        Tenant tenant = Samples.tenant(unique("bodies"));
        database().tenants().insert(tenant);
        return tenant;
    }

    private static Transcript transcript(Tenant tenant, long second) {
        byte[] noise = new byte[Transcript.MAX_BODY];
        new Random(second).nextBytes(noise);
        return new Transcript(
                tenant.id(),
                Ids.next(NOW.plusSeconds(second)),
                true,
                new Part("application/json", false, "{}".getBytes(StandardCharsets.UTF_8)),
                new Part("audio/x", true, noise));
    }

    @Test
    void bodiesAreReadBackAsTheyWere() {
        Transcript written = transcript(tenant(), 1);
        store().append(List.of(written, written));
        Transcript read = store().find(written.tenantId(), written.requestId()).orElseThrow();
        assertThat(read.redacted()).isTrue();
        assertThat(read.request().contentType()).isEqualTo("application/json");
        assertThat(read.request().cut()).isFalse();
        assertThat(read.answer().cut()).isTrue();
        assertThat(read.answer().bytes()).isEqualTo(written.answer().bytes());
        assertThat(store().find(new UUID(1, 2), written.requestId())).isEmpty();
    }

    @Test
    void theOldestGoFirstAFewAtATime() {
        Tenant tenant = tenant();
        List<Transcript> all = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            all.add(transcript(tenant, i));
        }
        store().append(all);
        assertThat(store().purge(tenant.id(), NOW.plusSeconds(4), 3)).isEqualTo(3);
        assertThat(store().purge(tenant.id(), NOW.plusSeconds(4), 3)).isEqualTo(1);
        assertThat(store().purge(tenant.id(), NOW.plusSeconds(4), 3)).isZero();
        assertThat(store().find(tenant.id(), all.get(4).requestId())).isPresent();
    }

    @Test
    void thoseOfDeletedTenantsGo() {
        Tenant stays = tenant();
        Tenant goes = tenant();
        Transcript kept = transcript(stays, 1);
        store().append(List.of(kept, transcript(goes, 1), transcript(goes, 2)));
        database().tenants().delete(goes.id());
        int deleted = 0;
        int step = 1;
        while (step > 0) {
            step = store().purgeDeleted(1);
            deleted += step;
        }
        assertThat(deleted).isEqualTo(2);
        assertThat(store().find(stays.id(), kept.requestId())).isPresent();
    }

    @Test
    void whatBelongsElsewhereIsAnErrorAndNotShown() {
        Transcript written = transcript(tenant(), 1);
        ContentSealer other = new ContentSealer() {
            @Override
            public byte[] sealContent(byte[] content, String context) {
                return SEALER.sealContent(content, "elsewhere");
            }

            @Override
            public byte[] openContent(byte[] sealed, String context) {
                return SEALER.openContent(sealed, context);
            }
        };
        database().transcripts(other).append(List.of(written));
        assertThatThrownBy(() -> store().find(written.tenantId(), written.requestId()))
                .isInstanceOf(StoreException.class);
    }

    /** Puts the id of a key first, as the real one does. */
    private TranscriptStore under(String key) {
        return database().transcripts(new ContentSealer() {
            @Override
            public byte[] sealContent(byte[] content, String context) {
                return SEALER.sealContent(content, key);
            }

            @Override
            public byte[] openContent(byte[] sealed, String context) {
                return SEALER.openContent(sealed, key);
            }
        });
    }

    @Test
    void whatALostKeySealedIsGivenUpAndAllElseStays() {
        Tenant tenant = tenant();
        Transcript old = transcript(tenant, 1);
        Transcript between = transcript(tenant, 2);
        Transcript newest = transcript(tenant, 3);
        under("0000000a").append(List.of(old, newest));
        under("0000000b").append(List.of(between));
        Credential.Sealed lost = new Credential.Sealed("v1.0000000a.AAAA.BBBB");
        Credential.Named kept = new Credential.Named("other", new Credential.Sealed("v1.0000000b.AAAA.BBBB"));
        ProviderAccount provider = Samples.provider(
                tenant.id(), unique("p"), new Credential.Several(List.of(new Credential.Named("key-1", lost), kept)));
        ProviderAccount untouched = Samples.provider(tenant.id(), unique("q"), kept.credential());
        database().providers().insert(provider);
        database().providers().insert(untouched);

        List<byte[]> bodies = database().sealed().read((credentials, all) -> all);
        assertThat(bodies.stream()
                        .map(b -> new String(b, 0, 8, StandardCharsets.US_ASCII))
                        .filter(b -> b.startsWith("0000000")))
                .as("the oldest and the newest")
                .containsExactly("0000000a", "0000000a");

        Predicate<Credential.Sealed> which = c -> c.equals(lost) || c.envelope().endsWith("LOGIN");
        long others = database().sealed().lost(which, "0000000b").bodies();
        SealedValues.Forgotten forgotten = database().sealed().forget(which, "0000000b");
        assertThat(forgotten.bodies()).isEqualTo(others).isGreaterThanOrEqualTo(2);
        assertThat(forgotten.providers()).contains(tenant.slug() + "/" + provider.name());
        assertThat(under("0000000b").find(tenant.id(), between.requestId())).isPresent();
        assertThat(under("0000000a").find(tenant.id(), old.requestId())).isEmpty();
        assertThat(under("0000000a").find(tenant.id(), newest.requestId())).isEmpty();

        ProviderAccount now =
                database().providers().find(tenant.id(), provider.name()).orElseThrow();
        ProviderEgress egress = provider.egress();
        assertThat(now)
                .as("all else of it is as it was")
                .isEqualTo(provider.holding(kept.credential())
                        .by(new ProviderEgress(
                                egress.caFile(),
                                egress.clientCertificateFile(),
                                egress.clientKeyFile(),
                                new ProviderEgress.Proxy("proxy.test", 3128, null))));

        assertThat(database().sealed().forget(c -> true, null).bodies()).isEqualTo(1);
        assertThat(under("0000000b").find(tenant.id(), between.requestId())).isEmpty();
        assertThat(database()
                        .providers()
                        .find(tenant.id(), untouched.name())
                        .orElseThrow()
                        .credential())
                .isEqualTo(new Credential.None());
    }
}
