// SPDX-License-Identifier: Apache-2.0
/**
 * {@code xlj serve}, a process that stays and runs the commands of others, so that Java starts once. The launcher {@code
 * bin/xlj} sends commands to its socket through {@code bin/xlj-client}.
 */
@NullMarked
package org.xenjava.toolstack.cli.serve;

import org.jspecify.annotations.NullMarked;
