// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/**
 * The root of all failures of the toolstack. Each failure carries its domain, the failed step, the errno behind it
 * and whether trying again can help, so no program needs to parse the message. The code that throws gives type and
 * message; the boundaries of an operation add domain and step as the exception passes them.
 */
public abstract sealed class ToolstackException extends RuntimeException
        permits ConfigException,
                CoreDumpException,
                DeviceException,
                DeviceModelException,
                DomainExistsException,
                DomainFileException,
                DomainGoneException,
                DomainNotFoundException,
                DomainStateException,
                HostMemoryException,
                KernelImageException,
                MigrationException,
                OperationCancelledException,
                OperationTimeoutException,
                PodDebtException,
                SaveStreamException,
                XenCallException,
                XenStoreException,
                XenUnavailableException {
    private static final long serialVersionUID = 1L;

    /** The prospect of another try. */
    private final Retry retry;
    /** The number of the domain, if it is known. */
    private @Nullable Integer domid;
    /** The UUID of the domain, if it is known. */
    private @Nullable UUID uuid;

    private transient @Nullable OperationStep step;

    ToolstackException(String message, @Nullable Throwable cause, Retry retry) {
        super(message, cause);
        this.retry = retry;
    }

    /** {@return the domain's number; empty if the failure concerns no domain, or one that has no number yet} */
    public final synchronized OptionalInt domid() {
        return domid == null ? OptionalInt.empty() : OptionalInt.of(domid);
    }

    /** {@return the domain's UUID; empty if the failure concerns no domain, or one of unknown UUID} */
    public final synchronized Optional<UUID> uuid() {
        return Optional.ofNullable(uuid);
    }

    /** {@return the step of the operation that failed; empty if the operation has no steps} */
    public final synchronized Optional<OperationStep> step() {
        return Optional.ofNullable(step);
    }

    /** {@return the errno of Xen or one of its libraries; empty if neither refused} */
    public final Optional<Errno> errno() {
        return errno(this);
    }

    static Optional<Errno> errno(@Nullable Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof XenLibException refusal) {
                return Optional.ofNullable(refusal.errno());
            }
        }
        return Optional.empty();
    }

    /** {@return whether trying again can help} */
    public final Retry retry() {
        return retry;
    }

    /**
     * Adds domid and UUID that an operation's boundary knows. Values that are known already stay, because the
     * innermost boundary is the most precise.
     *
     * @param outer the attempt of the boundary
     * @return this exception
     */
    public final synchronized ToolstackException during(Attempt outer) {
        if (domid == null && outer.domid().isPresent()) {
            domid = outer.domid().getAsInt();
        }
        if (uuid == null) {
            uuid = outer.uuid().orElse(null);
        }
        return this;
    }

    /**
     * Adds the step that failed, unless one is known already.
     *
     * @param failed the step that failed
     * @return this exception
     */
    public final synchronized ToolstackException at(OperationStep failed) {
        if (step == null) {
            step = failed;
        }
        return this;
    }

    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }
}
