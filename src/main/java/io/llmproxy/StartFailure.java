package io.llmproxy;

import io.llmproxy.adapter.admin.AddressTakenException;
import io.llmproxy.adapter.admin.auth.AuthFault;
import io.llmproxy.adapter.backup.BackupException;
import io.llmproxy.adapter.http.PortTakenException;
import io.llmproxy.adapter.http.tls.CertificateFault;
import io.llmproxy.adapter.jdbc.DatabaseException;
import io.llmproxy.adapter.secret.MasterKeyException;

/** What a part that does not start means for the process: its exit code, and what to do. */
final class StartFailure {
    private StartFailure() {}

    static StartException of(Exception e, Appliance.Setup setup) {
        return switch (e) {
            case DatabaseException d -> new StartException(exitCode(d), d.getMessage() + wayBack(setup, d), d);
            case BackupException b ->
                new StartException(
                        StartException.FAILURE,
                        "the backup before the change of the schema was not made, and nothing was changed: "
                                + b.getMessage(),
                        b);
            case MasterKeyException _, CertificateFault _, AuthFault _ -> plain(StartException.USAGE, e);
            case AddressTakenException _, PortTakenException _ -> plain(StartException.TAKEN, e);
            default -> plain(StartException.FAILURE, e);
        };
    }

    private static StartException plain(int exitCode, Exception e) {
        return new StartException(exitCode, String.valueOf(e.getMessage()), e);
    }

    private static int exitCode(DatabaseException e) {
        return switch (e.reason()) {
            case SETTINGS, NEWER -> StartException.USAGE;
            case IN_USE -> StartException.TAKEN;
            case AWAY, SCHEMA -> StartException.FAILURE;
        };
    }

    private static String wayBack(Appliance.Setup setup, DatabaseException e) {
        return new BackupPlace(setup.config(), setup.places().data(), setup.clock()).wayBack(e);
    }
}
