package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.secret.Credential;
import io.llmproxy.domain.secret.SecretRef;
import io.llmproxy.port.SecretSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Tells that the files which a provider was opened with have changed since. A change counts when two looks in a row see the
 * same, so that a file which is being written is not read half. Used by one thread at a time.
 */
public final class FileWatch {
    private final Supplier<List<String>> look;
    private final List<String> opened;
    private List<String> last;

    FileWatch(Supplier<List<String>> look) {
        this.look = look;
        this.opened = look.get();
        this.last = opened;
    }

    /** To be made before the files are read. */
    public static FileWatch of(ProviderAccount account, SecretSource source, UpstreamDefaults defaults) {
        List<SecretRef> files = new ArrayList<>(account.egress().files());
        if (account.credential() instanceof Credential.Referenced(SecretRef ref)) {
            files.add(ref);
        }
        return new FileWatch(() -> stamps(files, source, defaults));
    }

    private static List<String> stamps(List<SecretRef> files, SecretSource source, UpstreamDefaults defaults) {
        List<String> stamps = new ArrayList<>();
        stamps.add(defaults.stamp());
        files.forEach(file -> stamps.add(source.stamp(file)));
        return stamps;
    }

    /** Looks; blocks on the disk. */
    public boolean changed() {
        List<String> now = look.get();
        boolean settled = now.equals(last) && !now.equals(opened);
        last = now;
        return settled;
    }
}
