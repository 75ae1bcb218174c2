// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.context;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.xenctrl.HostCalls;
import org.xenjava.toolstack.xenctrl.HostCalls.HypfsEntry;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/**
 * Changes parameters of Xen's command line while Xen runs. Xen has those parameters in its file system below {@code
 * /params} that it can change, all texts or booleans; the values are encoded as libxenhypfs does.
 */
public final class XenParameters {
    private static final Logger LOG = LoggerFactory.getLogger(XenParameters.class);
    private static final String DIRECTORY = "/params";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]+");
    private static final Set<String> TRUE = Set.of("1", "on", "yes", "true", "enable");
    private static final Set<String> FALSE = Set.of("0", "off", "no", "false", "disable");
    private static final String NO = "no";

    private final HostCalls calls;

    /**
     * Parameters of the Xen of that host.
     *
     * @param context issues the calls
     */
    public XenParameters(HostContext context) {
        calls = context.xenctrl().host();
    }

    /**
     * Sets parameters in their order, after all have been checked.
     *
     * @param settings each {@code NAME=VALUE}, or {@code NAME} or {@code noNAME} of a boolean
     * @throws ConfigException if a parameter cannot be changed while Xen runs, or cannot have the value
     * @throws DomainStateException if Xen was built without its file system
     */
    public void set(List<String> settings) {
        Map<String, byte[]> contents = new LinkedHashMap<>();
        List<String> inWords = new ArrayList<>();
        for (String setting : settings) {
            int equals = setting.indexOf('=');
            String name = equals < 0 ? setting : setting.substring(0, equals);
            if (!NAME.matcher(name).matches()) {
                throw new ConfigException("'" + setting + "' is not of the form NAME=VALUE");
            }
            boolean negated = equals < 0 && name.startsWith(NO) && !exists(name);
            String parameter = negated ? name.substring(NO.length()) : name;
            HypfsEntry entry = writable(parameter);
            if (equals < 0 && !negated && entry.type() != HypfsEntry.BOOLEAN) {
                throw new ConfigException("parameter " + parameter + " needs a value: " + parameter + "=VALUE");
            }
            String value = equals >= 0 ? setting.substring(equals + 1) : negated ? NO : "yes";
            contents.remove(parameter);
            contents.put(parameter, encoded(parameter, entry, value));
            inWords.add(parameter + "=" + value);
        }
        contents.forEach(this::write);
        LOG.info("parameters of Xen set: {}", String.join(" ", inWords));
    }

    private void write(String name, byte[] content) {
        try {
            calls.writeHypfs(DIRECTORY + "/" + name, content);
        } catch (HypercallException e) {
            if (e.errno().equals(Errno.EINVAL)
                    || e.errno().equals(Errno.ENOSPC)
                    || e.errno().equals(Errno.ERANGE)) {
                throw new ConfigException(
                        "Xen refuses that value of parameter " + name + " ("
                                + e.errno().symbol()
                                + "); xen-command-line(7) lists the values. Parameters named before it are set",
                        e);
            }
            throw e;
        }
    }

    private boolean exists(String name) {
        return names().contains(name);
    }

    private HypfsEntry writable(String name) {
        if (!exists(name)) {
            throw new ConfigException("Xen cannot change a parameter '" + name + "' while it runs, only "
                    + String.join(", ", names()) + "; others are set on Xen's command line for the next boot");
        }
        HypfsEntry entry = calls.readHypfs(DIRECTORY + "/" + name);
        if (entry.mostBytes() == 0) {
            throw new ConfigException("Xen does not let parameter " + name + " be changed while it runs");
        }
        return entry;
    }

    /** The names of all parameters that can be changed. */
    private Set<String> names() {
        try {
            return new TreeSet<>(calls.readHypfs(DIRECTORY).names());
        } catch (HypercallException e) {
            if (e.errno().equals(Errno.ENOSYS) || e.errno().equals(Errno.ENOENT)) {
                throw new DomainStateException(
                        "this Xen cannot change parameters while it runs: it was built without its file system (hypfs)",
                        e);
            }
            throw e;
        }
    }

    private static byte[] encoded(String name, HypfsEntry entry, String value) {
        return switch (entry.type()) {
            case HypfsEntry.STRING -> text(name, entry, value);
            case HypfsEntry.BOOLEAN -> {
                if (!TRUE.contains(value) && !FALSE.contains(value)) {
                    throw new ConfigException("parameter " + name
                            + " is yes or no (on or off, true or false, 1 or 0), not '" + value + "'");
                }
                byte[] content = new byte[entry.bytes()];
                content[0] = (byte) (TRUE.contains(value) ? 1 : 0);
                yield content;
            }
            default -> throw new ConfigException("parameter " + name + " is neither a text nor a boolean");
        };
    }

    private static byte[] text(String name, HypfsEntry entry, String value) {
        byte[] text = value.getBytes(StandardCharsets.UTF_8);
        if (text.length >= entry.mostBytes()) {
            throw new ConfigException("parameter " + name + " has at most " + (entry.mostBytes() - 1)
                    + " characters, not the " + text.length + " of '" + value + "'");
        }
        return ByteBuffer.allocate(text.length + 1).put(text).array();
    }
}
