package io.llmproxy.adapter.secret;

import io.llmproxy.domain.secret.Secret;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The key under which values are sealed: 32 bytes, written as base64. Its id, the first 8 hexadecimal characters of its
 * SHA-256, tells it from others and nothing about it.
 */
public final class MasterKey {
    /** The name of the systemd credential. */
    public static final String CREDENTIAL = "master-key";
    /** The environment variable. */
    public static final String VARIABLE = "LLMPROXY_MASTER_KEY";

    /** What the credential says where there is none: a unit has one in any case, since systemd insists on it. */
    static final String NO_CREDENTIAL = "none";

    static final String CREDENTIALS_DIRECTORY = "CREDENTIALS_DIRECTORY";
    private static final int BYTES = 32;
    static final int ID_LENGTH = 8;

    private final String id;
    private final SecretKey key;

    private MasterKey(byte[] bytes) {
        this.id = HexFormat.of().formatHex(sha256(bytes), 0, ID_LENGTH / 2);
        this.key = new SecretKeySpec(bytes, "AES");
    }

    /** The file in the data directory. */
    public static Path file(Path dataDir) {
        return dataDir.resolve("master.key");
    }

    /**
     * Takes the key from the systemd credential, else the environment, else the data directory, and makes it there where
     * there is none and nothing was sealed yet.
     *
     * @param needed by what is sealed, all of which it must open
     * @throws MasterKeyException where there is none for that, or an unfit one
     */
    public static MasterKey load(Function<String, @Nullable String> environment, Path dataDir, NeededKeys needed) {
        MasterKey found = find(environment, dataDir).orElseGet(() -> {
            if (needed.any()) {
                throw new MasterKeyException(needed.need(needed.ids()) + ", and there is none; " + bring(dataDir));
            }
            return make(file(dataDir));
        });
        List<String> unknown = needed.without(found.id);
        if (!unknown.isEmpty()) {
            throw new MasterKeyException(
                    needed.need(unknown) + ", and the one given is " + found.id + "; " + bring(dataDir));
        }
        return found;
    }

    private static String bring(Path dataDir) {
        return "bring it back as the systemd credential " + CREDENTIAL + ", the environment variable " + VARIABLE
                + " or the file " + file(dataDir)
                + "; where it is gone for good, `llmproxyctl db forget-sealed` gives up what it sealed";
    }

    /** The key that there is, wherever it is; empty where there is none. Nothing is made. */
    public static Optional<MasterKey> find(Function<String, @Nullable String> environment, Path dataDir) {
        Path file = file(dataDir);
        return credential(environment)
                .or(() -> variable(environment))
                .or(() -> KeyFile.read(file, true).map(text -> parse(text, file.toString())));
    }

    /**
     * A key that does not lie in the data directory.
     *
     * @param place where it lies, for people
     */
    public record Outside(MasterKey key, String place) {}

    /**
     * The key that the start of a data directory takes whatever lies in that, for a command beside it, which systemd gives no credential:
     * where it is the directory of a unit, what the unit is given is read.
     *
     * @return empty: the start takes what is in the data directory
     * @throws MasterKeyException where it is unfit, or this user cannot read it
     */
    public static Optional<Outside> outside(
            Function<String, @Nullable String> environment, Path dataDir, UnitFiles units) {
        return credential(environment)
                .map(key -> new Outside(key, "the systemd credential " + CREDENTIAL))
                .or(() -> units.credential(dataDir).flatMap(MasterKey::outside))
                .or(() -> units.environment(dataDir).flatMap(MasterKey::assigned))
                .or(() -> variable(environment).map(key -> new Outside(key, "the environment variable " + VARIABLE)));
    }

    private static Optional<Outside> outside(Path credential) {
        return read(credential, credential.toString()).map(key -> new Outside(key, credential.toString()));
    }

    private static Optional<Outside> assigned(Path environmentFile) {
        return KeyFile.read(environmentFile, false)
                .flatMap(UnitFiles::masterKey)
                .map(text -> new Outside(parse(text, environmentFile.toString()), VARIABLE + " in " + environmentFile));
    }

    private static Optional<MasterKey> credential(Function<String, @Nullable String> environment) {
        String credentials = environment.apply(CREDENTIALS_DIRECTORY);
        return credentials == null || credentials.isEmpty()
                ? Optional.empty()
                : read(Path.of(credentials, CREDENTIAL), "the systemd credential " + CREDENTIAL);
    }

    private static Optional<MasterKey> read(Path credential, String shown) {
        return KeyFile.read(credential, false)
                .filter(text -> !text.strip().equals(NO_CREDENTIAL))
                .map(text -> parse(text, shown));
    }

    private static Optional<MasterKey> variable(Function<String, @Nullable String> environment) {
        return Optional.ofNullable(environment.apply(VARIABLE))
                .map(text -> parse(text, "the environment variable " + VARIABLE));
    }

    private static MasterKey make(Path file) {
        byte[] bytes = new byte[BYTES];
        new SecureRandom().nextBytes(bytes);
        KeyFile.write(file, Base64.getEncoder().encodeToString(bytes) + "\n");
        return new MasterKey(bytes);
    }

    static MasterKey parse(String text, String where) {
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(text.strip());
        } catch (IllegalArgumentException e) {
            // without the cause, which quotes a character of the key
            throw new MasterKeyException("the master key in " + where + " is not base64");
        }
        if (bytes.length != BYTES) {
            throw new MasterKeyException(
                    "the master key in " + where + " has " + bytes.length + " bytes; it must have " + BYTES);
        }
        return new MasterKey(bytes);
    }

    public String id() {
        return id;
    }

    /** As its file holds it, for a sealed backup. */
    public Secret text() {
        return new Secret(Base64.getEncoder().encodeToString(key.getEncoded()) + "\n");
    }

    SecretKey key() {
        return key;
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return "MasterKey[" + id + "]";
    }
}
