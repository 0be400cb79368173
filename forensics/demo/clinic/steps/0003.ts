import {
  boolean,
  index,
  integer,
  pgEnum,
  pgTable,
  serial,
  text,
  timestamp,
  uuid,
  varchar,
} from 'drizzle-orm/pg-core';

export const visitStatus = pgEnum('visit_status', ['planned', 'arrived', 'done', 'missed']);

export const prescriptionKind = pgEnum('prescription_kind', ['single', 'repeat']);

export const practices = pgTable('practices', {
  id: serial('id').primaryKey(),
  name: varchar('name', { length: 120 }).notNull(),
  city: text('city').notNull(),
});

export const patients = pgTable(
  'patients',
  {
    id: uuid('id').defaultRandom().primaryKey(),
    fullName: text('full_name').notNull(),
    email: text('email').notNull().unique(),
    bornOn: timestamp('born_on', { mode: 'date' }),
    insuranceNumber: varchar('insurance_number', { length: 24 }),
    createdAt: timestamp('created_at', { withTimezone: true }).defaultNow().notNull(),
  },
  (table) => ({
    nameIdx: index('patients_full_name_idx').on(table.fullName),
    insuranceIdx: index('patients_insurance_number_idx').on(table.insuranceNumber),
  }),
);

export const doctors = pgTable('doctors', {
  id: serial('id').primaryKey(),
  practiceId: integer('practice_id')
    .notNull()
    .references(() => practices.id),
  fullName: text('full_name').notNull(),
  acceptsNewPatients: boolean('accepts_new_patients').default(true).notNull(),
});

export const visits = pgTable(
  'visits',
  {
    id: uuid('id').defaultRandom().primaryKey(),
    patientId: uuid('patient_id')
      .notNull()
      .references(() => patients.id, { onDelete: 'cascade' }),
    doctorId: integer('doctor_id')
      .notNull()
      .references(() => doctors.id),
    status: visitStatus('status').default('planned').notNull(),
    startsAt: timestamp('starts_at', { withTimezone: true }).notNull(),
    room: varchar('room', { length: 16 }),
  },
  (table) => ({
    byPatient: index('visits_patient_idx').on(table.patientId, table.startsAt),
  }),
);

export const prescriptions = pgTable('prescriptions', {
  id: serial('id').primaryKey(),
  visitId: uuid('visit_id')
    .notNull()
    .references(() => visits.id),
  kind: prescriptionKind('kind').default('single').notNull(),
  medicine: text('medicine').notNull(),
  days: integer('days').notNull(),
});
