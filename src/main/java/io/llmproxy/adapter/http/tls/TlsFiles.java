package io.llmproxy.adapter.http.tls;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What the files of one listener held when they were read. Compared by content: a link may be moved to another file of the same
 * time and size.
 */
final class TlsFiles {
    private static final byte[] NONE = {};
    private static final int LARGEST = 4 << 20;

    private final byte[] certificate;
    private final byte[] key;
    private final byte[] password;
    private final byte[] authorities;
    private final boolean encrypted;

    private TlsFiles(byte[] certificate, byte[] key, byte[] password, byte[] authorities, boolean encrypted) {
        this.certificate = certificate;
        this.key = key;
        this.password = password;
        this.authorities = authorities;
        this.encrypted = encrypted;
    }

    /** @throws CertificateFault naming the one that cannot be read */
    static TlsFiles read(TlsSettings settings) throws CertificateFault {
        TlsSettings.Clients clients = settings.clients();
        return new TlsFiles(
                bytes(settings.named("certificate"), settings.certificate()),
                bytes(settings.named("key"), settings.key()),
                bytes(settings.named("key-password-file"), settings.keyPassword()),
                bytes(settings.named("client-ca"), clients == null ? null : clients.authorities()),
                settings.keyPassword() != null);
    }

    byte[] certificate() {
        return certificate;
    }

    String key() {
        return new String(key, StandardCharsets.ISO_8859_1);
    }

    /** Without the line end that editors put there; null: none was named. */
    char @Nullable [] password() {
        return !encrypted
                ? null
                : new String(password, StandardCharsets.UTF_8).stripTrailing().toCharArray();
    }

    byte[] authorities() {
        return authorities;
    }

    boolean same(TlsFiles other) {
        return Arrays.equals(certificate, other.certificate)
                && Arrays.equals(key, other.key)
                && Arrays.equals(password, other.password)
                && Arrays.equals(authorities, other.authorities);
    }

    private static byte[] bytes(String name, @Nullable Path file) throws CertificateFault {
        if (file == null) {
            return NONE;
        }
        try {
            if (Files.size(file) > LARGEST) {
                throw new CertificateFault(name + " " + file + ": is larger than 4 MiB, so it is something else");
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new CertificateFault(name + " " + file + ": there is no such file", e);
        } catch (AccessDeniedException e) {
            throw new CertificateFault(
                    name + " " + file + ": the user that the process runs as may not read it; give it the right to,"
                            + " as with setfacl -m u:llmproxy:r",
                    e);
        } catch (IOException e) {
            throw new CertificateFault(name + " " + file + " cannot be read: " + e, e);
        }
    }
}
