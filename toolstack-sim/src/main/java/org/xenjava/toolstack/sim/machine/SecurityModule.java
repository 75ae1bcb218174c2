// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.machine;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Flask, if Xen was booted with it: a policy and whether Xen enforces it. The simulated policy allows everything, and has
 * one label for dom0 and one for guests.
 */
public final class SecurityModule {
    /** The first bytes of a policy: the magic number of SELinux's format. */
    private static final int MAGIC = 0xF97C_FF8C;

    private static final String LABEL_OF_DOM0 = "system_u:system_r:dom0_t";
    private static final String LABEL_OF_GUESTS = "system_u:system_r:domU_t";
    private static final String LABEL_OF_ISOLATED_GUESTS = "system_u:system_r:isolated_domU_t";

    /** No label has this number. */
    public static final int NO_SID = 0;

    private static final int SID_OF_DOM0 = 1;
    private static final int SID_OF_GUESTS = 2;
    private static final int SID_OF_ISOLATED_GUESTS = 3;

    private static final Pattern OPTION = Pattern.compile("(?:^|\\s)flask=(enforcing|permissive)(?:\\s|$)");

    private boolean enforcing;

    private SecurityModule(boolean enforcing) {
        this.enforcing = enforcing;
    }

    /** Flask, if Xen's command line has {@code flask=enforcing} or {@code flask=permissive}. */
    static Optional<SecurityModule> of(String commandLine) {
        Matcher option = OPTION.matcher(commandLine);
        return option.find() ? Optional.of(new SecurityModule(option.group(1).equals("enforcing"))) : Optional.empty();
    }

    public boolean isEnforcing() {
        return enforcing;
    }

    /** Refuses what the policy forbids. */
    public void enforce() {
        enforcing = true;
    }

    /** Only logs what the policy forbids. */
    public void permit() {
        enforcing = false;
    }

    /** Whether bytes that begin so are a policy. */
    public static boolean isPolicy(int magic) {
        return magic == MAGIC;
    }

    /** The number of a domain's label, unless its creator asked for one. Without Flask it is 0 for each domain. */
    public static int sid(int domid) {
        return domid == 0 ? SID_OF_DOM0 : SID_OF_GUESTS;
    }

    /** The number of a label; {@link #NO_SID} if the policy does not know it. */
    public static int sid(String label) {
        return switch (label) {
            case LABEL_OF_DOM0 -> SID_OF_DOM0;
            case LABEL_OF_GUESTS -> SID_OF_GUESTS;
            case LABEL_OF_ISOLATED_GUESTS -> SID_OF_ISOLATED_GUESTS;
            default -> NO_SID;
        };
    }

    /** The label with that number; empty if there is none. */
    public static String label(long sid) {
        return switch ((int) sid) {
            case SID_OF_DOM0 -> LABEL_OF_DOM0;
            case SID_OF_GUESTS -> LABEL_OF_GUESTS;
            case SID_OF_ISOLATED_GUESTS -> LABEL_OF_ISOLATED_GUESTS;
            default -> "";
        };
    }
}
