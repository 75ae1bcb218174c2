// SPDX-License-Identifier: Apache-2.0
/**
 * The JSON in which libxl stores a domain's configuration: below {@code /var/lib/xen}, in the output of {@code xl list
 * -l} and {@code xl -N create}, and at the head of a saved domain. The facts are of {@code libxl_types.idl} of Xen 4.14
 * to 4.22 and of recorded files.
 */
@NullMarked
package org.xenjava.toolstack.config.libxl;

import org.jspecify.annotations.NullMarked;
