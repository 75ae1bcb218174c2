// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.context.HostContext;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.xenctrl.FlaskCalls;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/**
 * Flask, the security module that a Xen may be built with (XSM), and its policy. {@link Toolstack#security} returns it.
 * Safe to use from many threads.
 */
public final class XenSecurity {
    private static final Logger LOG = LoggerFactory.getLogger(XenSecurity.class);

    /** Policies have some ten kilobytes. */
    private static final int LARGEST_POLICY_BYTES = 1 << 24;

    private final HostContext context;

    XenSecurity(HostContext context) {
        this.context = context;
    }

    /** Xen's treatment of an operation that its policy forbids. */
    public enum Enforcement {
        /** Xen logs it. */
        PERMISSIVE,
        /** Xen refuses it. */
        ENFORCING
    }

    /** {@return what Xen does with forbidden operations; empty if Xen runs without Flask} */
    public Optional<Enforcement> enforcement() {
        return context.attempting(
                "reading Xen's security mode",
                () -> ifPresent(
                        () -> context.xenctrl().flask().enforces() ? Enforcement.ENFORCING : Enforcement.PERMISSIVE));
    }

    /**
     * Changes what Xen does with forbidden operations, until the host reboots.
     *
     * @param enforcement what Xen does from now on
     * @throws DomainStateException if Xen runs without Flask
     */
    public void setEnforcement(Enforcement enforcement) {
        context.attempting(
                "setting Xen's security mode",
                () -> required(() -> {
                    FlaskCalls flask = context.xenctrl().flask();
                    switch (enforcement) {
                        case ENFORCING -> flask.enforce();
                        case PERMISSIVE -> flask.permit();
                    }
                    LOG.info("Flask is {}", enforcement);
                    return enforcement;
                }));
    }

    /**
     * Loads a policy in place of the present one, until the host reboots.
     *
     * @param file a policy that checkpolicy(8) has compiled for this Xen
     * @throws ConfigException if the file cannot be read
     * @throws DomainStateException if Xen runs without Flask
     * @throws org.xenjava.toolstack.error.XenCallException if Xen refuses the policy; the present one stays
     */
    public void loadPolicy(Path file) {
        byte[] policy = read(file);
        context.attempting(
                "loading the security policy " + file,
                () -> required(() -> {
                    context.xenctrl().flask().load(policy);
                    LOG.info("security policy {} loaded", file);
                    return file;
                }));
    }

    /**
     * {@return the security label of a domain, such as {@code system_u:system_r:domU_t}; empty if Xen runs without Flask, or if the domain is gone}
     *
     * @param domain the domain
     */
    public Optional<String> label(Domain domain) {
        return context.attempting("reading the security label of " + domain, () -> context.xenctrl()
                .domains()
                .info(domain.domid())
                .flatMap(info -> ifPresent(() -> context.xenctrl().flask().label(info.label()))));
    }

    private static byte[] read(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] policy = in.readNBytes(LARGEST_POLICY_BYTES + 1);
            if (policy.length > LARGEST_POLICY_BYTES) {
                throw new ConfigException(file + ": longer than " + LARGEST_POLICY_BYTES + " bytes: it is no policy");
            }
            return policy;
        } catch (NoSuchFileException e) {
            throw new ConfigException(file + ": no such file", e);
        } catch (IOException e) {
            throw new ConfigException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private static <T> T required(Supplier<T> work) {
        return ifPresent(work)
                .orElseThrow(() -> new DomainStateException(
                        "this Xen runs without Flask: it was built without XSM, or booted without flask=enforcing"));
    }

    private static <T> Optional<T> ifPresent(Supplier<T> work) {
        try {
            return Optional.of(work.get());
        } catch (HypercallException e) {
            if (e.errno().equals(Errno.ENOSYS)) {
                return Optional.empty();
            }
            throw e;
        }
    }
}
