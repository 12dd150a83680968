package io.llmproxy.adapter.provider.support;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * TLS towards upstreams that believes the system's authorities and some more, and shows a certificate where there is one. It
 * is made for the first connection and not before, since reading the system's authorities takes a while.
 */
final class UpstreamTls implements Supplier<SSLSocketFactory> {
    private static final char[] NO_PASSWORD = {};

    private final List<X509Certificate> authorities;
    private final @Nullable ClientIdentity identity;
    private final Supplier<List<X509Certificate>> machine;
    private final ReentrantLock making = new ReentrantLock();
    private volatile @Nullable SSLSocketFactory made;

    /** @param authorities besides the system's */
    UpstreamTls(List<X509Certificate> authorities, @Nullable ClientIdentity identity) {
        this(authorities, identity, SystemAuthorities::ofMachine);
    }

    /** @param machine which authorities the operating system believes */
    UpstreamTls(
            List<X509Certificate> authorities,
            @Nullable ClientIdentity identity,
            Supplier<List<X509Certificate>> machine) {
        this.authorities = List.copyOf(authorities);
        this.identity = identity;
        this.machine = machine;
    }

    @Override
    public SSLSocketFactory get() {
        SSLSocketFactory known = made;
        return known == null ? makeOnce() : known;
    }

    private SSLSocketFactory makeOnce() {
        making.lock();
        try {
            SSLSocketFactory known = made;
            if (known == null) {
                known = make();
                made = known;
            }
            return known;
        } finally {
            making.unlock();
        }
    }

    private SSLSocketFactory make() {
        List<X509Certificate> more = new ArrayList<>(machine.get());
        more.addAll(authorities);
        if (more.isEmpty() && identity == null) {
            return (SSLSocketFactory) SSLSocketFactory.getDefault();
        }
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys(), trust(more), null);
            return context.getSocketFactory();
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("TLS cannot be prepared", e);
        }
    }

    private static TrustManager[] trust(List<X509Certificate> more) throws GeneralSecurityException, IOException {
        KeyStore store = emptyStore();
        int n = 0;
        for (X509Certificate authority : believed(more)) {
            store.setCertificateEntry("authority-" + n++, authority);
        }
        return trusting(store);
    }

    /** Java's, and those. */
    static Set<X509Certificate> believed(List<X509Certificate> more) throws GeneralSecurityException {
        Set<X509Certificate> all = new LinkedHashSet<>();
        for (TrustManager manager : trusting(null)) {
            if (manager instanceof X509TrustManager system) {
                all.addAll(List.of(system.getAcceptedIssuers()));
            }
        }
        all.addAll(more);
        return all;
    }

    /** @param store null: Java's authorities */
    private static TrustManager[] trusting(@Nullable KeyStore store) throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }

    private KeyManager @Nullable [] keys() throws GeneralSecurityException, IOException {
        if (identity == null) {
            return null;
        }
        KeyStore store = emptyStore();
        store.setKeyEntry(
                "client", identity.key(), NO_PASSWORD, identity.chain().toArray(Certificate[]::new));
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, NO_PASSWORD);
        return factory.getKeyManagers();
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }
}
